import { expect, test } from "vitest";
import { limit } from "../../../tests/samples";
import { currentOf, levelOf, ruleId, takenOf } from "./limits";

test("what is reserved counts as taken, and a bar is never longer than its limit", () => {
  expect(takenOf(limit({ amount: 100, used: 30, reserved: 20 }))).toBe(0.5);
  expect(takenOf(limit({ amount: 100, used: 130 }))).toBe(1);
});

test("the level says when a limit is near and when it is reached", () => {
  expect([0, 0.79, 0.8, 0.99, 1].map(levelOf)).toEqual(["calm", "calm", "near", "near", "full"]);
});

test("a window that is over has used nothing", () => {
  const at = Date.parse("2026-05-01T12:00:00Z");
  const old = limit({ used: 900, reserved: 5, resets_at: "2026-05-01T11:59:59Z" });
  expect(currentOf(old, at)).toMatchObject({ used: 0, reserved: 0 });
  const running = limit({ resets_at: "2026-05-01T12:00:01Z" });
  expect(currentOf(running, at)).toBe(running);
  const windowless = limit({ meter: "concurrent", window: null, resets_at: null });
  expect(currentOf(windowless, at)).toBe(windowless);
});

test("rules of one meter differ by their window, where it has one", () => {
  expect(ruleId({ meter: "tokens", window: "week", amount: 1 })).toBe("tokens_week");
  expect(ruleId({ meter: "concurrent", window: "week", amount: 1 })).toBe("concurrent");
});
