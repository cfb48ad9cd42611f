import { expect, test } from "vitest";
import { capacityWindow, NOW } from "../../../tests/insight";
import { runwayOf } from "./runway";

const WORDS = {
  left: "left",
  probably: "probably",
  atBest: "best",
  atWorst: "worst",
  now: "now",
  empty: "empty",
  reset: (name: string, share: number) => `${name} +${share}`,
  format: (value: number) => `${value}%`,
};
const values = (chart: ReturnType<typeof runwayOf>, key: string) =>
  chart.series.find((it) => it.key === key)?.values;

test("the past and what is foreseen meet at the present", () => {
  const chart = runwayOf(capacityWindow(), NOW, WORDS);
  expect(chart.times.map((time) => (time - Date.parse(NOW)) / 3_600_000)).toEqual([-2, -1, 0, 1, 2]);
  expect(values(chart, "left")).toEqual([90, 75, 62.9, null, null]);
  expect(values(chart, "mid")).toEqual([null, null, 62.9, 50, 40]);
  expect(values(chart, "low")).toEqual([null, null, 62.9, 40, 20]);
  expect(chart.series.find(({ key }) => key === "high")?.bandTo).toBe("low");
});

test("the present, the resets and the end are marked", () => {
  const forecast = { ...capacityWindow().forecast, runs_out_at: "2026-05-01T13:30:00Z" };
  expect(runwayOf(capacityWindow({ forecast }), NOW, WORDS).marks?.map(({ label }) => label)).toEqual([
    "now",
    "empty",
    "codex-grace +22",
  ]);
});

test("without a forecast there is the past alone, and without readings nothing is made up", () => {
  const forecast = { verdict: "unknown" as const, runs_out_at: null, text: "", points: [] };
  expect(runwayOf(capacityWindow({ forecast }), NOW, WORDS).series.map(({ key }) => key)).toEqual(["left"]);
  const bare = capacityWindow({ forecast, history: [], remaining_percent: null });
  expect(runwayOf(bare, NOW, WORDS).times).toEqual([]);
});
