import { useTranslation } from "react-i18next";
import type { RangeSearch } from "@/hooks/timeRange";
import { useFormat } from "@/i18n/format";

/** A range in words: "Last 7 days", "Nov 1, 09:00 – Nov 2, 09:00". */
export function useRangeName(): (range: RangeSearch) => string {
  const { t } = useTranslation();
  const format = useFormat();
  const moment = (at: string | undefined) => (at === undefined ? "…" : format.moment(Date.parse(at)));
  return ({ period, from, to }) => {
    if (period) return t(`requests.period.${period}`);
    if (from === undefined && to === undefined) return t("requests.any_time");
    return `${moment(from)} – ${moment(to)}`;
  };
}
