/** The live feed, `GET /v1/events`. */

export const EVENT_TYPES = [
  "provider.status",
  "provider.health",
  "provider.quota",
  "provider.cooldown",
  "request.finished",
  /** What happened in between is lost: everything has to be read anew. */
  "reset",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export interface LiveEvent {
  type: EventType;
  data: Record<string, unknown>;
}

interface Handlers {
  onOpen: () => void;
  onEvent: (event: LiveEvent) => void;
  /** The connection is gone. `final`: the browser does not try again by itself. */
  onLost: (final: boolean) => void;
}

function parse(text: unknown): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Listens until the returned function is called. The browser resumes a broken connection by `Last-Event-ID`. */
export function openEvents({ onOpen, onEvent, onLost }: Handlers): () => void {
  const source = new EventSource("/v1/events");
  source.addEventListener("open", onOpen);
  source.addEventListener("error", () => onLost(source.readyState === EventSource.CLOSED));
  for (const type of EVENT_TYPES) {
    source.addEventListener(type, (event) => onEvent({ type, data: parse((event as MessageEvent).data) }));
  }
  return () => source.close();
}
