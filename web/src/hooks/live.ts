import { ended } from "./ended";
import { createStore } from "./store";

/** Whether the live feed is connected. `useLiveFeed` sets it; the page shows it, and polls while it is not. */
export type LiveState = "connecting" | "live" | "lost";

export const live = createStore<LiveState>("connecting");

const FALLBACK_MS = 10_000;
const WHILE_LIVE_MS = 60_000;

/** How often to ask: seldom while the feed tells what changes, not at all while nobody is signed in. */
export function pollInterval(): number | false {
  if (ended.get()) return false;
  return live.get() === "live" ? WHILE_LIVE_MS : FALLBACK_MS;
}
