import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test } from "vitest";
import { eventStream, json, stubGateway } from "../../../tests/stubGateway";
import { useChat } from "./useChat";

const CHAT = "POST /v1/chat/completions";
const chunk = (value: unknown) => `data: ${JSON.stringify(value)}\n\n`;
const word = (content: string) => chunk({ choices: [{ delta: { content } }] });

function wrapper({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={new QueryClient()}>{children}</QueryClientProvider>;
}

test("an answer streams in and names the account that served it", async () => {
  const end = chunk({ choices: [{ delta: {}, finish_reason: "stop" }] });
  const calls = stubGateway({
    [CHAT]: () =>
      eventStream([word("Hel"), word("lo"), end, "data: [DONE]\n\n"], { "x-gateway-provider": "codex" }),
  });
  const { result } = renderHook(useChat, { wrapper });
  act(() => result.current.send("Hi", "gpt-5"));
  await waitFor(() => expect(result.current.turns[0]?.state).toBe("done"));
  expect(result.current.turns[0]).toMatchObject({ answer: "Hello", servedBy: "codex" });
  expect(calls[0]?.body).toMatchObject({
    model: "gpt-5",
    stream: true,
    messages: [{ role: "user", content: "Hi" }],
  });
});

test("a refusal is kept with its question, and asking again replaces it", async () => {
  let refuse = true;
  stubGateway({
    [CHAT]: () =>
      refuse
        ? json({ error: { message: "no account can serve", code: "no_account" } }, 429)
        : eventStream([word("ok"), "data: [DONE]\n\n"]),
  });
  const { result } = renderHook(useChat, { wrapper });
  act(() => result.current.send("Hi", "gpt-5"));
  await waitFor(() => expect(result.current.turns[0]?.state).toBe("failed"));
  expect(result.current.turns[0]?.error).toMatchObject({ message: "no account can serve", status: 429 });
  refuse = false;
  act(() => result.current.ask(result.current.turns[0]?.id ?? -1, "Hi", "gpt-5"));
  await waitFor(() => expect(result.current.turns[0]).toMatchObject({ state: "done", answer: "ok" }));
  expect(result.current.turns).toHaveLength(1);
});

test("stopping keeps what was said so far", async () => {
  // Left open, as a real answer is; the browser breaks it off when the call is aborted.
  const open = (signal: AbortSignal) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(word("half")));
        signal.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
      },
    });
  stubGateway({
    [CHAT]: ({ signal }) => new Response(open(signal), { headers: { "content-type": "text/event-stream" } }),
  });
  const { result } = renderHook(useChat, { wrapper });
  act(() => result.current.send("Hi", "gpt-5"));
  await waitFor(() => expect(result.current.turns[0]?.answer).toBe("half"));
  act(() => result.current.stop());
  await waitFor(() => expect(result.current.turns[0]).toMatchObject({ state: "stopped", answer: "half" }));
  expect(result.current.busy).toBe(false);
});

test("a model is sent the whole conversation", async () => {
  const calls = stubGateway({ [CHAT]: () => eventStream([word("ok"), "data: [DONE]\n\n"]) });
  const { result } = renderHook(useChat, { wrapper });
  act(() => result.current.send("one", "gpt-5"));
  await waitFor(() => expect(result.current.turns[0]?.state).toBe("done"));
  act(() => result.current.send("two", "gpt-5"));
  await waitFor(() => expect(result.current.turns[1]?.state).toBe("done"));
  expect(calls[1]).toMatchObject({ body: { messages: [{}, {}, { content: "two" }] } });
});
