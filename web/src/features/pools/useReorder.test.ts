import { expect, test } from "vitest";
import { placed } from "./pools";
import { placeAt } from "./useReorder";

test("a row is at the place of those whose middle the pointer has passed", () => {
  const rows = [
    { top: 0, height: 100 },
    { top: 100, height: 100 },
  ];
  expect([10, 49, 51, 149, 151, 900].map((y) => placeAt(y, rows))).toEqual([0, 0, 1, 1, 2, 2]);
  expect(placeAt(5, [])).toBe(0);
});

test("a list keeps everything when one of it is placed elsewhere", () => {
  expect(placed(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(placed(["a", "b", "c"], 0, 9)).toEqual(["b", "c", "a"]);
  expect(placed(["a"], 3, 0)).toEqual(["a"]);
});
