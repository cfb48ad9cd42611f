import { expect, test } from "vitest";
import { type Chart, type ChartSeries, drawOrder, halfStep, readingsAt, stack, stepTo, topOf } from "./chart";

const series = (key: string, ...values: (number | null)[]): ChartSeries => ({
  key,
  label: key.toUpperCase(),
  colour: "series-1",
  values,
});
const chart = (change: Partial<Chart> = {}): Chart => ({
  times: [0, 10, 20],
  series: [series("a", 1, null, 3), series("b", 10, 20, null)],
  format: (value) => `${value}!`,
  ...change,
});

test("what is stacked stands on what is below it, and the unknown stays unknown", () => {
  expect(stack(chart().series)).toEqual([
    [1, null, 3],
    [11, 20, null],
  ]);
});

test("of a stack the highest is painted first, so that each part can be seen", () => {
  expect(drawOrder(chart({ stacked: true })).map(({ key, drawn }) => [key, drawn])).toEqual([
    ["b", [11, 20, null]],
    ["a", [1, null, 3]],
  ]);
  expect(drawOrder(chart()).map(({ key }) => key)).toEqual(["a", "b"]);
});

test("what is read at a time leaves out what is not known there", () => {
  expect(readingsAt(chart(), 1).map(({ label, text }) => `${label} ${text}`)).toEqual(["B 20!"]);
  expect(readingsAt(chart(), 7)).toEqual([]);
});

test("the scale has room above the highest value, also when there is none", () => {
  expect(topOf(0, 100)).toBeCloseTo(108);
  expect(topOf(0, 0)).toBe(1);
  expect(topOf(0, null)).toBe(1);
});

test("the keys lead through the times and stop at the ends", () => {
  expect(stepTo("ArrowRight", 1, 3)).toBe(2);
  expect(stepTo("ArrowRight", 2, 3)).toBe(2);
  expect(stepTo("ArrowLeft", 0, 3)).toBe(0);
  expect(stepTo("PageUp", 0, 100)).toBe(10);
  expect(stepTo("Home", 7, 100)).toBe(0);
  expect(stepTo("End", 7, 100)).toBe(99);
  expect(stepTo("x", 7, 100)).toBeNull();
});

test("a lone bar has room on both sides", () => {
  expect(halfStep([0, 10])).toBe(5);
  expect(halfStep([5])).toBeGreaterThan(0);
});
