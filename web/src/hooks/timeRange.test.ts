import { expect, test } from "vitest";
import { isOver, rangeOf, shifted } from "./timeRange";

const NOW = new Date(2026, 4, 20, 15, 30).getTime();
const local = (...parts: [number, number, number]) => new Date(...parts).toISOString();

test("a rolling period is counted back from now and stays open", () => {
  expect(rangeOf({ period: "24h", to: "2020-01-01T00:00:00Z" }, NOW)).toEqual({
    from: new Date(NOW - 86_400_000).toISOString(),
  });
});

test("days and months are those of the viewer", () => {
  expect(rangeOf({ period: "today" }, NOW)).toEqual({ from: local(2026, 4, 20) });
  expect(rangeOf({ period: "yesterday" }, NOW)).toEqual({ from: local(2026, 4, 19), to: local(2026, 4, 20) });
  expect(rangeOf({ period: "this_month" }, NOW)).toEqual({ from: local(2026, 4, 1) });
  expect(rangeOf({ period: "last_month" }, NOW)).toEqual({ from: local(2026, 3, 1), to: local(2026, 4, 1) });
});

test("only a range that ended gets nothing new", () => {
  expect(isOver({ period: "yesterday" }, NOW)).toBe(true);
  expect(isOver({ period: "7d" }, NOW)).toBe(false);
  expect(isOver({}, NOW)).toBe(false);
  expect(isOver({ to: new Date(NOW + 1).toISOString() }, NOW)).toBe(false);
});

test("a step back and a step forward come to the same range, and never to the future", () => {
  const from = new Date(NOW - 10_000_000).toISOString();
  const to = new Date(NOW - 6_000_000).toISOString();
  const before = shifted({ from, to }, -1, NOW);
  expect(before).toEqual({ from: new Date(NOW - 14_000_000).toISOString(), to: from });
  expect(shifted(before, 1, NOW)).toEqual({ from, to });
  expect(shifted({ period: "1h" }, 1, NOW).to).toBe(new Date(NOW).toISOString());
});
