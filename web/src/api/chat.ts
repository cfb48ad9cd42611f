import { type ChatEvent, readChatEvent } from "./chatEvents";
import { client } from "./client";
import { ConnectionError, toApiError } from "./errors";
import { eventData } from "./sse";
import type { ChatMessage } from "./types";

export interface ChatStream {
  /** The account that serves, as the gateway names it in `x-gateway-provider`. */
  servedBy: string | null;
  events: AsyncGenerator<ChatEvent>;
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<ChatEvent> {
  for await (const data of eventData(body)) yield* readChatEvent(data);
}

export interface ChatAsk {
  model: string;
  messages: ChatMessage[];
}

/** Starts a streamed answer. Throws `ApiError` when the gateway refuses before the first event. */
export async function streamChat({ model, messages }: ChatAsk, signal: AbortSignal): Promise<ChatStream> {
  const { data, error, response } = await client.POST("/v1/chat/completions", {
    body: { model, messages, stream: true, stream_options: { include_usage: true } },
    parseAs: "stream",
    signal,
  });
  if (!response.ok) throw toApiError(response.status, error);
  if (!data) throw new ConnectionError("the answer has no body");
  return { servedBy: response.headers.get("x-gateway-provider"), events: readEvents(data) };
}
