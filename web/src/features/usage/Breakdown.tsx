import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { UsageReport, UsageRow } from "@/api/types";
import { DataTable } from "@/components/DataTable";
import { useFaultTitle } from "@/features/errors/useFaultTitle";
import { useFormat } from "@/i18n/format";
import type { UsageBy, WhoseSearch } from "@/routes/search";
import { usageColumns } from "./columns";
import { drillOf } from "./drill";

interface BreakdownProps {
  report: UsageReport | undefined;
  by: UsageBy;
  filters: WhoseSearch;
  error: unknown;
  onRetry: () => void;
}

/** The sums of each account, agent, key, model, day or cause; a name leads to the requests behind it. */
export function Breakdown({ report, by, filters, error, onRetry }: BreakdownProps) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const faultTitle = useFaultTitle();
  const requests = report?.totals.requests ?? 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo(() => {
    const nameOf = ({ key, name }: UsageRow) => {
      if (key === null) return t(`usage.none.${by}`);
      if (by === "day") return format.day(key);
      if (by === "cause") return faultTitle({ cause: key }) ?? key;
      return name ?? key;
    };
    const cell = (row: UsageRow) => {
      const search = drillOf(filters, by, row);
      const text = <span className="inline-block first-letter:uppercase">{nameOf(row)}</span>;
      if (!search || row.requests === 0) return <span className="text-muted">{text}</span>;
      return (
        <Link
          to="/requests"
          search={search}
          title={t("usage.drill")}
          className="underline decoration-line underline-offset-3 hover:decoration-current"
        >
          {by === "account" || by === "model" ? nameOf(row) : text}
        </Link>
      );
    };
    return usageColumns(t, format, {
      name: t(`usage.by.${by}`),
      cell,
      sort: (row) => (by === "day" ? row.key : nameOf(row)),
      requests,
    });
  }, [i18n.language, by, filters, requests]);
  return (
    <DataTable
      // Days in their order, all others by how much they were used.
      key={by}
      name={`usage-${by}`}
      label={t("usage.table", { by: t(`usage.by.${by}`) })}
      columns={columns}
      rows={report?.rows}
      rowId={({ key }) => key ?? "–"}
      error={error}
      onRetry={onRetry}
    />
  );
}
