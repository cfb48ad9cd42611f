import { expect, test } from "vitest";
import type { ChatEvent } from "@/api/chatEvents";
import { toApiError } from "@/api/errors";
import { applyEvent, closeTurn, newTurn, nextAsk } from "./turns";

const CUT = new Error("cut off");
const after = (...events: ChatEvent[]) => events.reduce(applyEvent, newTurn(0, "Q", "m"));
const text = (value: string): ChatEvent => ({ kind: "text", text: value });

test("text and thinking grow apart", () => {
  expect(after({ kind: "thinking", text: "a" }, text("b"), text("c"))).toMatchObject({
    thinking: "a",
    answer: "bc",
  });
});

test("a stream that ends without a word about its end was cut off", () => {
  expect(closeTurn(after(text("half")), CUT)).toMatchObject({ state: "failed", error: CUT, answer: "half" });
  expect(closeTurn(after(text("whole"), { kind: "finish", reason: "stop" }), CUT).state).toBe("done");
});

test("an error in the stream stays an error when the stream then ends properly", () => {
  const error = toApiError(0, { error: { message: "no" } });
  expect(closeTurn(after({ kind: "error", error }, { kind: "done" }), CUT)).toMatchObject({
    state: "failed",
    error,
  });
});

test("what the model is sent leaves out failed answers and keeps stopped ones", () => {
  const turn = { ...newTurn(0, "Q1", "m"), answer: "A1" };
  const turns = [
    { ...turn, state: "done" as const },
    { ...turn, question: "Q2", state: "failed" as const },
    { ...turn, question: "Q3", answer: "A3", state: "stopped" as const },
    { ...turn, question: "Q4", answer: "", state: "stopped" as const },
  ];
  expect(nextAsk(turns, "Q5", "m").messages.map(({ content }) => content)).toEqual([
    "Q1",
    "A1",
    "Q3",
    "A3",
    "Q5",
  ]);
});

test("the pieces of a tool call grow together, each call by its own index", () => {
  const part = (index: number, name: string, text: string): ChatEvent => ({
    kind: "tool",
    part: { index, name, arguments: text },
  });
  expect(after(part(0, "look", '{"a"'), part(1, "run", ""), part(0, "", ":1}")).tools).toEqual([
    { index: 0, name: "look", arguments: '{"a":1}' },
    { index: 1, name: "run", arguments: "" },
  ]);
});
