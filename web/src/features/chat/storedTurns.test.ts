import { expect, test } from "vitest";
import { answered, items, said } from "../../../tests/runs";
import { run } from "../../../tests/samples";
import { turnsOf } from "./storedTurns";
import { answerOf } from "./transcript";

const call = { type: "function_call", call_id: "c1", name: "read_file", arguments: '{"path":"a"}' };

test("a stored conversation becomes turns: thinking, tools with their results, commentary and answer", () => {
  const stored = items(
    "u1",
    { type: "message", role: "developer", content: "rules" },
    {
      type: "message",
      role: "user",
      content: [
        { type: "input_text", text: "Look" },
        { type: "input_image", image_url: "data:image/png;base64,AA" },
      ],
    },
    { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }], encrypted_content: "x" },
    answered("I look at it.", "commentary"),
    call,
    { type: "function_call_output", call_id: "c1", output: "the text" },
    answered("Done.", "final_answer"),
    said("Thanks"),
  );
  const [first, second] = turnsOf(stored, [run({ id: "u0" })]);
  expect(first?.user).toEqual({ text: "Look", images: ["data:image/png;base64,AA"], seq: 2 });
  expect(first?.blocks).toMatchObject([
    { kind: "thinking", text: "hm" },
    { kind: "text", phase: "commentary", text: "I look at it." },
    { kind: "tool", name: "read_file", result: "the text", isError: null },
    { kind: "text", phase: "final_answer", text: "Done." },
  ]);
  expect(first && answerOf(first)).toBe("Done.");
  expect(second).toMatchObject({ user: { text: "Thanks", seq: 8 }, blocks: [] });
});

test("what a run came to stands at its last turn", () => {
  const stored = items("u1", said("one"), answered("first"), said("more"), answered("second"));
  const failed = run({ status: "failed", error: { code: "no_account", message: "all are out" } });
  const [first, last] = turnsOf(stored, [failed]);
  expect(first?.state).toBe("completed");
  expect(first?.usage).toBeNull();
  expect(last).toMatchObject({ state: "failed", servedBy: ["alice"], durationMs: 2000 });
  expect(String(last?.error)).toContain("all are out");
});

test("a plain message, a list as a tool's output and empty reasoning are read too", () => {
  const stored = items("u1", { role: "user", content: "Hi" }, { type: "reasoning", summary: [] }, call, {
    type: "function_call_output",
    call_id: "c1",
    output: [{ type: "output_text", text: "part" }],
  });
  expect(turnsOf(stored, [])).toMatchObject([
    { user: { text: "Hi" }, blocks: [{ kind: "tool", result: "part" }] },
  ]);
});
