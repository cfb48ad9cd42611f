/** Whether the gateway answered the last call. Any call may change it; `useConnection` shows it. */
const listeners = new Set<() => void>();
let reachable = true;

export function setReachable(value: boolean) {
  if (reachable === value) return;
  reachable = value;
  for (const listener of listeners) listener();
}

export function isReachable(): boolean {
  return reachable;
}

export function onReachableChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
