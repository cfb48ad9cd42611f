import { type ChatEvent, readChatEvent } from "./chatEvents";
import { client } from "./client";
import { ConnectionError, toApiError } from "./errors";
import { SseParser } from "./sse";
import type { ChatMessage } from "./types";

export interface ChatStream {
  /** The account that serves, as the gateway names it in `x-gateway-provider`. */
  servedBy: string | null;
  events: AsyncGenerator<ChatEvent>;
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  const parser = new SseParser();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      for (const data of done ? parser.end() : parser.push(value)) yield* readChatEvent(data);
      if (done) return;
    }
  } finally {
    // Also when the consumer stops early: the gateway must learn that nobody listens any more.
    await reader.cancel().catch(() => {});
  }
}

export interface ChatAsk {
  model: string;
  messages: ChatMessage[];
  /** The conversation that the gateway keeps for an agent; `null` where `messages` is the whole of it. */
  sessionKey: string | null;
}

/** Starts a streamed answer. Throws `ApiError` when the gateway refuses before the first event. */
export async function streamChat(
  { model, messages, sessionKey }: ChatAsk,
  signal: AbortSignal,
): Promise<ChatStream> {
  const { data, error, response } = await client.POST("/v1/chat/completions", {
    body: { model, messages, stream: true, stream_options: { include_usage: true } },
    headers: sessionKey === null ? {} : { "X-Gateway-Session-Key": sessionKey },
    parseAs: "stream",
    signal,
  });
  if (!response.ok) throw toApiError(response.status, error);
  if (!data) throw new ConnectionError("the answer has no body");
  return { servedBy: response.headers.get("x-gateway-provider"), events: readEvents(data) };
}
