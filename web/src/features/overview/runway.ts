import type { CapacityWindow } from "@/api/types";
import type { Chart, ChartMark, ChartSeries, Reading } from "@/components/charts/chart";

export interface RunwayWords {
  left: string;
  probably: string;
  atBest: string;
  atWorst: string;
  now: string;
  empty: string;
  reset: (provider: string, returns: number) => string;
  format: (percent: number) => string;
}

/** More resets than this are drawn without their words. */
const WORDED = 6;

/** What was left, what will probably be left, and between which bounds; with the resets, and when it is empty. */
export function runwayOf(window: CapacityWindow, generatedAt: string, words: RunwayWords): Chart {
  const now = Date.parse(generatedAt);
  const past = new Map(window.history.map((it) => [Date.parse(it.at), it.remaining_percent]));
  const ahead = new Map(window.forecast.points.map((it) => [Date.parse(it.at), it]));
  const { remaining_percent: left } = window;
  if (left !== null) past.set(now, left);
  // Both halves meet at the present.
  if (left !== null && ahead.size > 0 && !ahead.has(now)) {
    ahead.set(now, { at: generatedAt, low_percent: left, mid_percent: left, high_percent: left });
  }
  const times = [...new Set([...past.keys(), ...ahead.keys()])].sort((a, b) => a - b);
  const of = (read: (time: number) => number | undefined): Reading[] =>
    times.map((time) => read(time) ?? null);
  const line = (key: string, label: string, values: Reading[], rest: Partial<ChartSeries>): ChartSeries => ({
    key,
    label,
    colour: "accent",
    values,
    ...rest,
  });
  const series = [
    line(
      "left",
      words.left,
      of((time) => past.get(time)),
      { kind: "area" },
    ),
  ];
  if (ahead.size > 0) {
    series.push(
      line(
        "mid",
        words.probably,
        of((time) => ahead.get(time)?.mid_percent),
        { dashed: true },
      ),
      line(
        "high",
        words.atBest,
        of((time) => ahead.get(time)?.high_percent),
        {
          unlisted: true,
          bandTo: "low",
        },
      ),
      line(
        "low",
        words.atWorst,
        of((time) => ahead.get(time)?.low_percent),
        { unlisted: true },
      ),
    );
  }
  const { runs_out_at: end } = window.forecast;
  const marks: ChartMark[] = [
    { at: now, label: words.now, colour: "muted" },
    ...(end ? [{ at: Date.parse(end), label: words.empty, colour: "bad" } as const] : []),
    ...window.resets.map(({ at, provider_name, returns_percent }) => ({
      at: Date.parse(at),
      label: words.reset(provider_name, returns_percent),
      colour: "good" as const,
      dashed: true,
      quiet: window.resets.length > WORDED,
    })),
  ];
  const length = window.length_seconds * 1000;
  const from = now - length;
  return { times, series, marks, from, to: now + length, min: 0, max: 100, format: words.format };
}
