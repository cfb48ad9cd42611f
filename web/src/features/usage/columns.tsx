import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import type { UsageRow } from "@/api/types";
import { Bar, type BarPart } from "@/components/charts/Bar";
import type { Column } from "@/components/DataTable";
import type { useFormat } from "@/i18n/format";
import { share, successRate } from "./numbers";

interface Wanted {
  /** What the rows are of. */
  name: string;
  cell: (row: UsageRow) => ReactNode;
  sort: (row: UsageRow) => string | null;
  /** Of all rows together. */
  requests: number;
}

function partsOf(row: UsageRow): BarPart[] {
  return [
    { key: "completed", value: row.completed, colour: "good" },
    { key: "incomplete", value: row.incomplete, colour: "warn" },
    { key: "failed", value: row.failed, colour: "bad" },
    { key: "refused", value: row.refused, colour: "series-4" },
    { key: "cancelled", value: row.cancelled, colour: "idle" },
  ];
}

export function usageColumns(
  t: TFunction,
  format: ReturnType<typeof useFormat>,
  { name, cell, sort, requests }: Wanted,
): Column<UsageRow>[] {
  const percent = (value: number | null) => (value === null ? "–" : format.percent(value));
  const count = (
    id: string,
    header: string,
    value: (row: UsageRow) => number,
    rest: Partial<Column<UsageRow>> = {},
  ): Column<UsageRow> => ({
    id,
    header,
    align: "right",
    largestFirst: true,
    narrow: "named",
    sort: value,
    cell: (row) => format.count(value(row)),
    ...rest,
  });
  return [
    {
      id: "name",
      header: name,
      shown: "fixed",
      narrow: "line",
      className: "sm:whitespace-nowrap",
      sort,
      cell,
    },
    {
      id: "outcomes",
      header: t("usage.outcomes"),
      narrow: "line",
      className: "min-w-28",
      cell: (row) => (
        <span title={t("usage.of_all", { share: percent(share(row.requests, requests)) })}>
          <Bar parts={partsOf(row)} max={requests} />
        </span>
      ),
    },
    count("requests", t("requests.title"), (row) => row.requests),
    {
      id: "answered",
      header: t("usage.answered"),
      align: "right",
      narrow: "named",
      sort: successRate,
      cell: (row) => percent(successRate(row)),
    },
    count("failed", t("requests.status.failed"), (row) => row.failed),
    count("refused", t("requests.status.refused"), (row) => row.refused, { shown: "optional" }),
    count("incomplete", t("requests.status.incomplete"), (row) => row.incomplete, { shown: "optional" }),
    count("cancelled", t("requests.status.cancelled"), (row) => row.cancelled, { shown: "optional" }),
    count("failovers", t("usage.failovers"), (row) => row.failovers),
    count("input", t("requests.input_tokens"), (row) => row.input_tokens),
    {
      id: "cached",
      header: t("requests.cached_column"),
      align: "right",
      narrow: "named",
      largestFirst: true,
      sort: (row) => share(row.cached_input_tokens, row.input_tokens),
      cell: (row) => (
        <span title={format.whole(row.cached_input_tokens)}>
          {percent(share(row.cached_input_tokens, row.input_tokens))}
        </span>
      ),
    },
    count("output", t("requests.output_tokens"), (row) => row.output_tokens),
    count("reasoning", t("requests.reasoning_column"), (row) => row.reasoning_tokens),
  ];
}
