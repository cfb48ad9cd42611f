import { expect, test } from "vitest";
import { before, toUsageQuery } from "@/hooks/useUsage";
import { usageCounters, usageRow } from "../../../tests/samples";
import { drillOf } from "./drill";
import { growth, share, successRate, tokensOf } from "./numbers";
import { hourAfter, strength, weekOf } from "./week";

test("who went away and what was wrong by itself count neither as answered nor as failed", () => {
  expect(
    successRate(usageCounters({ completed: 8, incomplete: 1, failed: 1, cancelled: 5, refused: 5 })),
  ).toBe(0.9);
  expect(successRate(usageCounters({ completed: 0, incomplete: 0, failed: 0 }))).toBeNull();
});

test("a comparison with nothing says nothing", () => {
  expect(growth(12, 10)).toBeCloseTo(0.2);
  expect(growth(12, 0)).toBeNull();
  expect(growth(null, 10)).toBeNull();
  expect(growth(5, undefined)).toBeNull();
  expect(share(1, 0)).toBeNull();
  expect(tokensOf(usageCounters({ input_tokens: 3, output_tokens: 4 }))).toBe(7);
});

test("the week has all its hours, also those that nothing was used in", () => {
  const week = weekOf([usageRow({ key: "1-00", requests: 3 }), usageRow({ key: "7-23", requests: 9 })]);
  expect(week).toHaveLength(7);
  expect(week.every((day) => day.length === 24)).toBe(true);
  expect(week[0]?.[0]?.row?.requests).toBe(3);
  expect(week[6]?.[23]?.row?.requests).toBe(9);
  expect(week[3]?.[12]?.row).toBeNull();
});

test("the least use is seen, and no use is not", () => {
  expect([0, 1, 50, 100].map((value) => strength(value, 100))).toEqual([0, 1, 3, 5]);
  expect(strength(5, 0)).toBe(0);
});

test("the arrow keys stay within the week", () => {
  expect(hourAfter("ArrowUp", 0, 5)).toEqual({ day: 0, hour: 5 });
  expect(hourAfter("ArrowRight", 2, 22)).toEqual({ day: 2, hour: 23 });
  expect(hourAfter("ArrowRight", 2, 23)).toEqual({ day: 2, hour: 23 });
  expect(hourAfter("End", 2, 3)).toEqual({ day: 2, hour: 23 });
  expect(hourAfter("x", 2, 3)).toBeNull();
});

test("the range before is as long and ends where this one begins", () => {
  expect(before({ from: "2026-05-08T00:00:00.000Z", to: "2026-05-15T00:00:00.000Z" })).toEqual({
    from: "2026-05-01T00:00:00.000Z",
    to: "2026-05-08T00:00:00.000Z",
  });
});

test("the gateway is asked in the viewer's zone for what the address says", () => {
  const now = Date.parse("2026-05-02T12:00:00Z");
  expect(toUsageQuery({ account: "a", period: "24h" }, "weekday_hour", now)).toEqual({
    by: "weekday_hour",
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone,
    account: "a",
    from: "2026-05-01T12:00:00.000Z",
  });
});

test("a row leads to its requests, with the filters and the time of the page", () => {
  const filters = { agent: "reviewer", period: "7d" } as const;
  expect(drillOf(filters, "account", usageRow({ key: "p1", name: "ada" }))).toEqual({
    ...filters,
    account: "p1",
  });
  expect(drillOf(filters, "cause", usageRow({ key: "timeout" }))).toEqual({ ...filters, cause: "timeout" });
  expect(drillOf(filters, "day", usageRow({ key: "2026-05-01" }))).toEqual({
    agent: "reviewer",
    period: undefined,
    from: new Date(2026, 4, 1).toISOString(),
    to: new Date(2026, 4, 2).toISOString(),
  });
  expect(drillOf(filters, "agent", usageRow({ key: null }))).toBeNull();
});
