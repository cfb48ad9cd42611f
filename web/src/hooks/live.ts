/** Whether the live feed is connected. `useLiveFeed` sets it; the page shows it, and polls while it is not. */
export type LiveState = "connecting" | "live" | "lost";

const listeners = new Set<() => void>();
let state: LiveState = "connecting";

export function setLiveState(next: LiveState) {
  if (state === next) return;
  state = next;
  for (const listener of listeners) listener();
}

export function liveState(): LiveState {
  return state;
}

export function onLiveChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const FALLBACK_MS = 10_000;
const WHILE_LIVE_MS = 60_000;

/** How often to ask: seldom while the feed tells what changes. */
export function pollInterval(): number {
  return state === "live" ? WHILE_LIVE_MS : FALLBACK_MS;
}
