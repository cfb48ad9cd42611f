import { expect, test } from "vitest";
import { timeLabels } from "./timeLabels";

const at = (hour: number) => new Date(2026, 4, 3, hour).getTime();

test("a day's hours stand as times, and the day's begin as its date", () => {
  expect(timeLabels("en", [at(-6), at(0), at(6)], 6 * 3_600_000)).toEqual(["18:00", "May 3", "06:00"]);
});

test("steps of days are dates", () => {
  expect(timeLabels("en", [at(1), at(25)], 86_400_000)).toEqual(["May 3", "May 4"]);
});
