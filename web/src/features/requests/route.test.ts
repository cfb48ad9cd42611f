import { expect, test } from "vitest";
import { attempt, trace } from "../../../tests/samples";
import { failedBefore, usedFailover } from "./route";

const failed = attempt({ provider_name: "a", outcome: "failed" });
const served = attempt({ provider_name: "b", outcome: "served" });

test("a failover is an account that serves after another failed", () => {
  expect(failedBefore(trace({ attempts: [failed, served] }))).toEqual(["a"]);
  expect(usedFailover(trace({ attempts: [failed, served] }))).toBe(true);
});

test("the first choice, and a request that nobody served, are none", () => {
  expect(usedFailover(trace({ attempts: [served] }))).toBe(false);
  expect(usedFailover(trace({ attempts: [failed, failed] }))).toBe(false);
  expect(usedFailover(trace({ attempts: [] }))).toBe(false);
});

test("what the gateway says outranks what the attempts look like", () => {
  expect(usedFailover(trace({ attempts: [failed, served], used_failover: false }))).toBe(false);
});
