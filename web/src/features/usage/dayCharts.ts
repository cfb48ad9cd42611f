import type { UsageRow } from "@/api/types";
import type { Chart, ChartSeries } from "@/components/charts/chart";
import { dayBegin } from "./drill";

/** The names of what is drawn, in the words of the page. */
export type Names<Key extends string> = Record<Key, string>;

const OUTCOMES = [
  ["completed", "good"],
  ["incomplete", "warn"],
  ["failed", "bad"],
  ["refused", "series-4"],
  ["cancelled", "idle"],
] as const;
export type Outcome = (typeof OUTCOMES)[number][0];

const TOKENS = [
  ["cached", "series-1", (row: UsageRow) => row.cached_input_tokens],
  ["fresh", "series-3", (row: UsageRow) => row.input_tokens - row.cached_input_tokens],
  ["said", "series-2", (row: UsageRow) => row.output_tokens - row.reasoning_tokens],
  ["reasoning", "series-4", (row: UsageRow) => row.reasoning_tokens],
] as const;
export type TokenKind = (typeof TOKENS)[number][0];

type Format = (value: number) => string;

function chartOf(rows: readonly UsageRow[], series: ChartSeries[], format: Format): Chart {
  const days = rows.flatMap(({ key }) => (key === null ? [] : [dayBegin(key).getTime()]));
  return { times: days, series, stacked: true, format };
}

/** Requests by how they ended, a bar a day. */
export function outcomeChart(rows: readonly UsageRow[], names: Names<Outcome>, format: Format): Chart {
  const series = OUTCOMES.map(
    ([key, colour]): ChartSeries => ({
      key,
      label: names[key],
      colour,
      kind: "bars",
      values: rows.map((row) => row[key]),
    }),
  );
  return chartOf(rows, series, format);
}

/** Tokens by kind, a bar a day. */
export function tokenChart(rows: readonly UsageRow[], names: Names<TokenKind>, format: Format): Chart {
  const series = TOKENS.map(
    ([key, colour, value]): ChartSeries => ({
      key,
      label: names[key],
      colour,
      kind: "bars",
      values: rows.map(value),
    }),
  );
  return chartOf(rows, series, format);
}
