import { expect, test } from "vitest";
import { readChatEvent } from "./chatEvents";
import { ApiError } from "./errors";

const read = (chunk: unknown) => readChatEvent(JSON.stringify(chunk));

test("text and thinking are told apart", () => {
  expect(read({ choices: [{ delta: { content: "Hi" } }] })).toEqual([{ kind: "text", text: "Hi" }]);
  expect(read({ choices: [{ delta: { reasoning_content: "Hm" } }] })).toEqual([
    { kind: "thinking", text: "Hm" },
  ]);
});

test("the end, the model and the usage are read", () => {
  expect(read({ model: "gpt-5", choices: [{ delta: {}, finish_reason: "stop" }] })).toEqual([
    { kind: "served", model: "gpt-5" },
    { kind: "finish", reason: "stop" },
  ]);
  expect(read({ choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })).toEqual([
    { kind: "usage", usage: { inputTokens: 3, outputTokens: 2 } },
  ]);
  expect(readChatEvent(" [DONE]")).toEqual([{ kind: "done" }]);
});

test("an error inside the stream is an error, never text", () => {
  const [event] = read({ error: { message: "no account can serve", code: "no_account" } });
  expect(event).toMatchObject({ kind: "error" });
  expect(event?.kind === "error" && event.error).toBeInstanceOf(ApiError);
  expect(event?.kind === "error" && event.error.message).toBe("no account can serve");
});

test("what is not understood is left out", () => {
  expect(readChatEvent("not json")).toEqual([]);
  expect(readChatEvent("null")).toEqual([]);
  expect(read({ choices: [{ delta: { tool_calls: [] } }] })).toEqual([]);
});

test("a tool call comes in pieces", () => {
  const call = (it: unknown) => read({ choices: [{ delta: { tool_calls: [it] } }] });
  expect(call({ index: 1, id: "c", function: { name: "look", arguments: "" } })).toEqual([
    { kind: "tool", part: { index: 1, name: "look", arguments: "" } },
  ]);
  expect(call({ index: 1, function: { arguments: "{}" } })).toEqual([
    { kind: "tool", part: { index: 1, name: "", arguments: "{}" } },
  ]);
});
