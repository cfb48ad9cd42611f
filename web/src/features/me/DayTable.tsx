import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { DayUsage } from "@/api/access";
import { type Column, DataTable } from "@/components/DataTable";
import { useFormat } from "@/i18n/format";

/** The use of each day as numbers. */
export function DayTable({ days }: { days: DayUsage[] }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo(() => {
    const number = (id: "requests" | "tokens"): Column<DayUsage> => ({
      id,
      header: t(`me.${id}`),
      align: "right",
      narrow: "named",
      largestFirst: true,
      sort: (day) => day[id],
      cell: ({ [id]: value }) => format.whole(value),
    });
    const day: Column<DayUsage> = {
      id: "day",
      header: t("me.day"),
      sort: (each) => each.day,
      cell: (each) => format.day(each.day),
    };
    return [day, number("requests"), number("tokens")];
  }, [i18n.language]);
  return <DataTable label={t("me.usage")} columns={columns} rows={days} rowId={({ day }) => day} />;
}
