/** What the tabs of a browser tell each other, since they share one session: somebody is in, or went out on purpose. */
export type Said = "in" | "out";

let channel: BroadcastChannel | null = null;

/** One for the whole page: it does not hear itself. A browser without it finds out by itself, a little later. */
function open(): BroadcastChannel | null {
  if (typeof BroadcastChannel === "undefined") return null;
  channel ??= new BroadcastChannel("gateway.session");
  return channel;
}

export function tellTabs(said: Said) {
  open()?.postMessage(said);
}

export function onTabs(listener: (said: Said) => void): () => void {
  const hear = ({ data }: MessageEvent) => {
    if (data === "in" || data === "out") listener(data);
  };
  open()?.addEventListener("message", hear);
  return () => open()?.removeEventListener("message", hear);
}
