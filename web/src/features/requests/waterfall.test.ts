import { expect, test } from "vitest";
import { attempt } from "../../../tests/samples";
import { stretches } from "./waterfall";

const REQUEST = { started_at: "2026-05-01T12:00:00.000Z", duration_ms: 1000 };

test("each attempt stands where it began, as long as it took, with its wait for the first event", () => {
  const attempts = [
    attempt({ started_at: "2026-05-01T12:00:00.100Z", duration_ms: 300, first_event_ms: null }),
    attempt({ started_at: "2026-05-01T12:00:00.500Z", duration_ms: 500, first_event_ms: 200 }),
  ];
  expect(stretches(REQUEST, attempts)).toEqual([
    { start: 10, width: 30, waited: 100 },
    { start: 50, width: 50, waited: 40 },
  ]);
});

test("the shortest can still be seen", () => {
  const attempts = [attempt({ duration_ms: 0 }), attempt({ duration_ms: 1000 })];
  expect(stretches(REQUEST, attempts)).toEqual([
    { start: 0, width: 1, waited: 100 },
    { start: 0, width: 100, waited: 40 },
  ]);
});

test("a clock that disagrees never draws outside", () => {
  const late = attempt({ started_at: "2026-05-01T12:00:09.000Z", duration_ms: 0 });
  const early = attempt({ started_at: "2026-05-01T11:00:00.000Z", duration_ms: 10 });
  for (const { start, width } of stretches(REQUEST, [late, early])) {
    expect(start).toBeGreaterThanOrEqual(0);
    expect(start + width).toBeLessThanOrEqual(100);
  }
});
