import { expect, test } from "vitest";
import { quota, quotaWindow } from "../../../tests/samples";
import { forecastFor, ghostOf, levelOf, remainingOf, resetOf, runsOutAt, sortWindows } from "./windows";

const FORECAST = {
  label: "5h",
  kind: "five_hour",
  meter: null,
  verdict: "runs_out",
  runs_out_at: null,
  runs_out_in_seconds: null,
  text: "",
} as const;
const NOW = Date.parse("2026-05-01T12:00:00Z");

test("windows stand by their length, a model's own meter after the account's", () => {
  const windows = [
    quotaWindow({ kind: "five_hour", meter: "spark", label: "m" }),
    quotaWindow({ kind: "other", length_seconds: 90, label: "o" }),
    quotaWindow({ kind: "weekly", label: "w" }),
    quotaWindow({ kind: "five_hour", label: "5" }),
  ];
  expect(sortWindows(windows).map(({ label }) => label)).toEqual(["5", "w", "o", "m"]);
});

test("what was read before the reset is unknown after it, not used up", () => {
  const window = quotaWindow({ used_percent: 100, remaining_percent: 0, reset_at: "2026-05-01T12:00:00Z" });
  expect(remainingOf(window, NOW - 1)).toBe(0);
  expect(remainingOf(window, NOW)).toBeNull();
});

test("unknown is a level of its own", () => {
  expect(levelOf(null)).toBe("unknown");
});

test("a forecast belongs to the window of its meter", () => {
  const told = (meter: string | null) => ({ ...FORECAST, meter, text: meter ?? "main" });
  const account = quota({ forecast: [told("spark"), told(null)] });
  expect(forecastFor(account, quotaWindow())?.text).toBe("main");
  expect(forecastFor(account, quotaWindow({ meter: "spark" }))?.text).toBe("spark");
  expect(forecastFor(account, quotaWindow({ meter: "other" }))).toBeNull();
});

test("a reset told as seconds counts from when it was read", () => {
  const window = quotaWindow({
    reset_at: null,
    reset_after_seconds: 60,
    observed_at: "2026-05-01T12:00:00Z",
  });
  expect(resetOf(window)).toBe("2026-05-01T12:01:00.000Z");
  expect(resetOf(quotaWindow({ reset_at: null, reset_after_seconds: null }))).toBeNull();
});

test("the level has a word for each stretch", () => {
  expect([0, 5, 10, 29, 30, 100].map(levelOf)).toEqual(["empty", "last", "low", "low", "plenty", "plenty"]);
});

test("a forecast without a time says none", () => {
  expect(runsOutAt({ ...FORECAST, runs_out_at: null, runs_out_in_seconds: null }, "")).toBeNull();
  expect(runsOutAt({ ...FORECAST, runs_out_at: null, runs_out_in_seconds: 60 }, "2026-05-01T12:00:00Z")).toBe(
    "2026-05-01T12:01:00.000Z",
  );
});

test("what will be left at the reset follows the pace of the window, where the gateway foresees anything", () => {
  const lasts = { ...FORECAST, verdict: "lasts" } as const;
  const half = quotaWindow({
    used_percent: 20,
    remaining_percent: 80,
    reset_at: new Date(NOW + 9_000_000).toISOString(),
  });
  expect(ghostOf(half, lasts, NOW)).toBeCloseTo(60);
  expect(ghostOf(half, FORECAST, NOW)).toBe(0);
  expect(ghostOf(half, { ...FORECAST, verdict: "unknown" }, NOW)).toBeNull();
  expect(ghostOf(half, null, NOW)).toBeNull();
  const begun = quotaWindow({ reset_at: new Date(NOW + 17_990_000).toISOString() });
  expect(ghostOf(begun, lasts, NOW)).toBeNull();
});
