import { expect, test } from "vitest";
import { completed, events, started } from "../../../tests/runs";
import { usage } from "../../../tests/samples";
import { applyRunEvent } from "./applyRunEvent";
import { answerOf, newTurn } from "./transcript";

type Bodies = Parameters<typeof events>;
const after = (...bodies: Bodies) => events(...bodies).reduce(applyRunEvent, newTurn("live", null));
const chunk = (content: string, phase: "commentary" | "final_answer" = "final_answer") =>
  ({ type: "chunk", content, phase }) as const;
const step = (iteration: number) => ({ type: "activity", phase: "thinking", iteration }) as const;

test("a run with tools becomes blocks in the order in which they came", () => {
  const turn = after(
    started("Look"),
    step(1),
    { type: "thinking", content: "h" },
    { type: "thinking", content: "m" },
    chunk("I ", "commentary"),
    chunk("look.", "commentary"),
    { type: "tool.call", id: "c1", name: "read_file", arguments: "{}" },
    { type: "activity", phase: "tool_exec", tools: ["read_file"], iteration: 1 },
    {
      type: "tool.result",
      id: "c1",
      name: "read_file",
      is_error: true,
      result: "no such file",
      duration_ms: 12,
    },
    { type: "usage", iteration: 1, provider_name: "alice", request_id: "r1", ...usage },
    step(2),
    chunk("Gone."),
    completed("Gone."),
  );
  expect(turn.user?.text).toBe("Look");
  expect(turn.blocks).toMatchObject([
    { kind: "thinking", text: "hm" },
    { kind: "text", phase: "commentary", text: "I look." },
    { kind: "tool", result: "no such file", isError: true, durationMs: 12 },
    { kind: "text", phase: "final_answer", text: "Gone." },
  ]);
  expect(turn).toMatchObject({ state: "completed", activity: null, servedBy: ["alice"], durationMs: 12_000 });
  expect(turn.calls).toMatchObject([{ provider: "alice", requestId: "r1" }]);
});

test("a step that is tried again takes its words back, and not those before it", () => {
  const turn = after(started(), step(1), chunk("kept"), step(2), chunk("half"), {
    type: "run.retrying",
    iteration: 2,
    error: { code: "server_error", message: "broke off" },
  });
  expect(turn.blocks).toMatchObject([{ text: "kept" }]);
  expect(turn.retrying).toBe("broke off");
});

test("an answer that came in no pieces is there all the same, and is not there twice", () => {
  expect(answerOf(after(started(), completed("Whole.")))).toBe("Whole.");
  expect(answerOf(after(started(), chunk("Whole."), completed("Whole.")))).toBe("Whole.");
});

test("a failed and a stopped run keep what they had", () => {
  const failed = after(started(), chunk("half"), { type: "run.failed", error: { code: "x", message: "no" } });
  expect(failed).toMatchObject({ state: "failed", error: new Error("no"), blocks: [{ text: "half" }] });
  expect(after(started(), chunk("half"), { type: "run.cancelled" })).toMatchObject({
    state: "cancelled",
    blocks: [{ text: "half" }],
  });
});
