import { client } from "./client";
import { sseEvents } from "./sse";
import { chosenTenant } from "./tenant";

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

/** With heartbeats every few seconds, a feed that is silent for so long is dead. */
const SILENT_MS = 60_000;

/** The feed of a tenant that is named in a header, which the browser's own reader of events cannot send. */
function openByFetch({ onOpen, onEvent, onLost }: Handlers): () => void {
  const aborter = new AbortController();
  const { signal } = aborter;
  const listen = async () => {
    const { data, response } = await client.GET("/v1/events", { parseAs: "stream", signal });
    if (!response.ok || !data) return;
    onOpen();
    for await (const event of sseEvents(data, SILENT_MS)) {
      const type = EVENT_TYPES.find((each) => each === event.type);
      if (type && !signal.aborted) onEvent({ type, data: parse(event.data) });
    }
  };
  void listen()
    .catch(() => {})
    .then(() => {
      if (!signal.aborted) onLost(true);
    });
  return () => aborter.abort();
}

/** Listens until the returned function is called. The browser resumes a broken connection by `Last-Event-ID`. */
export function openEvents(handlers: Handlers): () => void {
  if (chosenTenant() !== null) return openByFetch(handlers);
  const { onOpen, onEvent, onLost } = handlers;
  const source = new EventSource("/v1/events");
  source.addEventListener("open", onOpen);
  source.addEventListener("error", () => onLost(source.readyState === EventSource.CLOSED));
  for (const type of EVENT_TYPES) {
    source.addEventListener(type, (event) => onEvent({ type, data: parse((event as MessageEvent).data) }));
  }
  return () => source.close();
}
