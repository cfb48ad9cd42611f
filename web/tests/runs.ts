import type { ConversationItem, RunEvent } from "@/api/loop";
import { usage } from "./samples";

type Body<E> = E extends RunEvent ? Omit<E, "run_id" | "seq" | "at"> : never;

/** Events of the run `u1`, numbered from 1, a second apart. */
export function events(...bodies: Body<RunEvent>[]): RunEvent[] {
  return bodies.map((body, index) => ({
    run_id: "u1",
    seq: index + 1,
    at: new Date(Date.UTC(2026, 4, 1, 12, 0, index)).toISOString(),
    ...body,
  })) as RunEvent[];
}

export const started = (message = "Hi"): Body<RunEvent> => ({
  type: "run.started",
  agent_key: "reviewer",
  session_id: "s1",
  session_key: "chat-1",
  model: "gpt-5",
  message,
});

export const completed = (content: string): Body<RunEvent> => ({
  type: "run.completed",
  content,
  reason: "finished",
  usage,
  iterations: 1,
  served_by: ["alice"],
});

export const sse = (event: RunEvent): string =>
  `id: ${event.seq}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Items of a stored conversation, numbered from 1. */
export function items(run: string, ...list: Record<string, unknown>[]): ConversationItem[] {
  return list.map((item, index) => ({
    seq: index + 1,
    item,
    run_id: run,
    created_at: "2026-05-01T12:00:00Z",
  }));
}

export const said = (text: string) => ({
  type: "message",
  role: "user",
  content: [{ type: "input_text", text }],
});

export const answered = (text: string, phase?: string) => ({
  type: "message",
  role: "assistant",
  content: [{ type: "output_text", text }],
  ...(phase && { phase }),
});

/** A stream that a test feeds, and breaks off or ends. */
export function feed() {
  const encoder = new TextEncoder();
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const body = new ReadableStream<Uint8Array>({
    start(it) {
      controller = it;
    },
  });
  return {
    response: () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
    send: (...all: RunEvent[]) => {
      for (const event of all) controller.enqueue(encoder.encode(sse(event)));
    },
    end: () => controller.close(),
    breaks: () => controller.error(new TypeError("network error")),
  };
}
