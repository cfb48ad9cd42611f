import { expect, test } from "vitest";
import { absoluteTime, count, duration, percent, precisePercent, relativeTime, span } from "./format";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const ago = (seconds: number) => relativeTime("en", NOW - seconds * 1000, NOW);

test("ages are said in the largest whole unit", () => {
  expect(ago(0)).toBe("now");
  expect(ago(59)).toBe("59 sec. ago");
  expect(ago(119)).toBe("1 min. ago");
  expect(ago(7200)).toBe("2 hr. ago");
  expect(ago(86_400)).toBe("yesterday");
});

test("a clock that runs a little ahead is now, a real future is not", () => {
  expect(ago(-5)).toBe("now");
  expect(ago(-900)).toBe("in 15 min.");
});

test("durations choose their unit", () => {
  expect(duration("en", 640.4)).toBe("640ms");
  expect(duration("en", 3210)).toBe("3.2s");
  expect(duration("en", 59_999)).toBe("1m 0s");
  expect(duration("en", 125_000)).toBe("2m 5s");
});

test("a span is said in its two largest units", () => {
  expect(span("en", 8_100)).toBe("2 hr 15 min");
  expect(span("en", 7_200)).toBe("2 hr");
  expect(span("en", 187_200)).toBe("2 days 4 hr");
  expect(span("en", 95)).toBe("1 min");
  expect(span("en", 40)).toBe("40 sec");
  expect(span("en", -3)).toBe("0 sec");
});

test("counts stay exact while they are short", () => {
  expect(count("en", 9812)).toBe("9,812");
  expect(count("en", 1_230_000)).toBe("1.2M");
  expect(count("zh", 120_000)).toBe("12万");
  expect(percent("en", 0.926)).toBe("93%");
});

test("the absolute time names the date and the zone", () => {
  expect(absoluteTime("en", NOW)).toMatch(/May 1, 2026.*\d/);
});

test("a share that is not all is not said to be all", () => {
  expect([0, 0.0002, 0.934, 0.9999, 1].map((share) => precisePercent("en", share))).toEqual([
    "0%",
    "0.1%",
    "93.4%",
    "99.9%",
    "100%",
  ]);
});
