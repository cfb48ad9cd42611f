import { createStore } from "./store";

/**
 * Whether the session has ended of whoever the page is of. The page stays as it stands, and its person signs in again
 * over it; nothing is asked of the gateway meanwhile.
 */
export const ended = createStore(false);
