import { expect, test } from "vitest";
import { attempt, trace } from "../../../tests/samples";
import { failedBefore } from "./route";

const failed = attempt({ provider_name: "a", outcome: "failed" });
const served = attempt({ provider_name: "b", outcome: "served" });

test("what failed before the account that served is named", () => {
  expect(failedBefore(trace({ attempts: [failed, served] }))).toEqual(["a"]);
});

test("nothing failed before the first choice, or when nobody served", () => {
  expect(failedBefore(trace({ attempts: [served] }))).toEqual([]);
  expect(failedBefore(trace({ attempts: [failed, failed] }))).toEqual([]);
  expect(failedBefore(trace({ attempts: [] }))).toEqual([]);
});
