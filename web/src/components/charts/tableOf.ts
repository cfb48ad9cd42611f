import type { ChartTableData } from "./ChartTable";
import type { Chart } from "./chart";

/** All that a chart shows, in rows: the values by time, and between them what is marked. */
export function tableOf(
  { times, series, marks = [], format }: Chart,
  timeTitle: string,
  markTitle: string,
  sayTime: (time: number) => string,
): ChartTableData {
  const byTime = times.map((time, index) => ({
    time,
    cells: series.map(({ values }) => {
      const value = values[index];
      return value == null ? "–" : format(value);
    }),
    mark: "",
  }));
  const marked = marks.map(({ at, label }) => ({ time: at, cells: series.map(() => "–"), mark: label }));
  const rows = [...byTime, ...marked].sort((a, b) => a.time - b.time);
  const hasMarks = marked.length > 0;
  return {
    columns: [timeTitle, ...series.map(({ label }) => label), ...(hasMarks ? [markTitle] : [])],
    rows: rows.map(({ time, cells, mark }) => [sayTime(time), ...cells, ...(hasMarks ? [mark] : [])]),
  };
}
