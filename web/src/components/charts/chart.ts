/** What a chart shows, apart from how it is drawn. */

/** The tokens that charts are drawn in; see `styles/tokens.css`. */
export const CHART_COLOURS = [
  "series-1",
  "series-2",
  "series-3",
  "series-4",
  "series-5",
  "series-6",
  "accent",
  "good",
  "warn",
  "bad",
  "idle",
  "muted",
] as const;
export type ChartColour = (typeof CHART_COLOURS)[number];

export type Reading = number | null;

export interface ChartSeries {
  key: string;
  label: string;
  colour: ChartColour;
  /** One a time; `null` where nothing is known. */
  values: readonly Reading[];
  kind?: "line" | "area" | "bars";
  dashed?: boolean;
  /** The key of the series that this one is the upper edge of a band with. An edge is shaded, not drawn as a line. */
  bandTo?: string;
  /** An edge of a band says nothing by itself in the legend. */
  unlisted?: boolean;
}

/** A moment that is marked by an upright line. */
export interface ChartMark {
  at: number;
  /** Written beside the line where there is room; the reader of the table finds it there. */
  label: string;
  colour: ChartColour;
  dashed?: boolean;
  /** A line without words: its label is only in the table. */
  quiet?: boolean;
}

export interface Chart {
  /** Milliseconds, ascending. */
  times: readonly number[];
  series: readonly ChartSeries[];
  marks?: readonly ChartMark[];
  /** The ends of the time scale, in milliseconds; without them it ends with the times. */
  from?: number;
  to?: number;
  /** Each series stands on those before it. */
  stacked?: boolean;
  /** The ends of the upright scale; without them it starts at zero and ends above the highest value. */
  min?: number;
  max?: number;
  format: (value: number) => string;
}

/** The values as they are drawn: each series on top of those before it. What is unknown adds nothing and stays unknown. */
export function stack(series: readonly ChartSeries[]): Reading[][] {
  const sums: number[] = [];
  return series.map(({ values }) =>
    values.map((value, index) => {
      if (value === null) return null;
      const sum = (sums[index] ?? 0) + value;
      sums[index] = sum;
      return sum;
    }),
  );
}

export interface DrawnSeries extends ChartSeries {
  drawn: readonly Reading[];
}

/** The series in the order in which they are painted: of a stack the highest first, so that each covers its own part. */
export function drawOrder({ series, stacked }: Chart): DrawnSeries[] {
  if (!stacked) return series.map((each) => ({ ...each, drawn: each.values }));
  const sums = stack(series);
  return series.map((each, index) => ({ ...each, drawn: sums[index] ?? [] })).reverse();
}

/** The highest value of the scale, a little above what is drawn, and never the same as the lowest. */
export function topOf(min: number, highest: number | null): number {
  if (highest === null || highest <= min) return min + 1;
  return min + (highest - min) * 1.08;
}

/** Half the usual step between two times: what a bar at an end needs beyond it. */
export function halfStep(times: readonly number[]): number {
  const [first, second] = times;
  return first === undefined || second === undefined ? 1_800_000 : (second - first) / 2;
}

export interface ReadingLine {
  key: string;
  label: string;
  colour: ChartColour;
  text: string;
}

/** What the chart says at one time, for those who point at it or read it by keyboard. */
export function readingsAt({ series, format }: Chart, index: number): ReadingLine[] {
  return series.flatMap(({ key, label, colour, values }) => {
    const value = values[index];
    return value == null ? [] : [{ key, label, colour, text: format(value) }];
  });
}

/** The place that a key leads to; `null` for a key that leads nowhere. */
export function stepTo(key: string, at: number, count: number): number | null {
  const last = count - 1;
  const jump = Math.max(1, Math.round(count / 10));
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, at - 1);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(last, at + 1);
    case "PageDown":
      return Math.max(0, at - jump);
    case "PageUp":
      return Math.min(last, at + jump);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return null;
  }
}
