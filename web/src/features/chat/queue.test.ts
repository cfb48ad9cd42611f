import { expect, test } from "vitest";
import { answered, items, said } from "../../../tests/runs";
import { type Queued, settle } from "./queue";

const waiting = (text: string, state: Queued["state"] = "queued"): Queued => ({
  id: text,
  message: { text, images: [], seq: null },
  state,
  error: null,
});

test("what the run took leaves the queue, and what it did not take says so", () => {
  const stored = items("u1", said("go on"), answered("ok"), said("and this"), answered("done"));
  const queue = [waiting("and this", "taken"), waiting("too late"), waiting("go on"), waiting("x", "failed")];
  expect(settle(queue, stored, "u1").map(({ id, state }) => [id, state])).toEqual([
    ["too late", "not_taken"],
    // The message that the run began with is not the one that was queued.
    ["go on", "not_taken"],
    ["x", "failed"],
  ]);
});
