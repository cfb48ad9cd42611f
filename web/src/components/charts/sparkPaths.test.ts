import { expect, test } from "vitest";
import { sparkPaths } from "./sparkPaths";

test("the line goes from the lowest to the highest value over the whole width", () => {
  expect(sparkPaths([0, 5, 10])).toEqual(["M 0 28 L 50 15 L 100 2"]);
});

test("what is unknown is a gap, and a lone point a dot", () => {
  expect(sparkPaths([0, null, 10, 10], { min: 0, max: 10 })).toEqual(["M 0 28 h 0.01", "M 66.7 2 L 100 2"]);
  expect(sparkPaths([])).toEqual([]);
  expect(sparkPaths([null])).toEqual([]);
});

test("values that are all alike stand in the middle", () => {
  expect(sparkPaths([4, 4])).toEqual(["M 0 15 L 100 15"]);
});
