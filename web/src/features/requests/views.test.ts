import { expect, test } from "vitest";
import { countOf, isNarrowed, isSameView } from "./views";

test("a view is what it asks for, whatever is open and however it is written", () => {
  const view = { outcome: "failed", account: "a" } as const;
  expect(isSameView({ account: "a", outcome: "failed", request: "r1", model: undefined }, view)).toBe(true);
  expect(isSameView({ account: "a" }, view)).toBe(false);
});

test("what is open narrows nothing", () => {
  expect(isNarrowed({ request: "r1", model: undefined })).toBe(false);
  expect(isNarrowed({ failover: true })).toBe(true);
});

test("the two ends of a time are one filter", () => {
  expect(countOf({ from: "2026-05-01T00:00:00Z", to: "2026-05-02T00:00:00Z", outcome: "failed" })).toBe(2);
  expect(countOf({ request: "r1" })).toBe(0);
});
