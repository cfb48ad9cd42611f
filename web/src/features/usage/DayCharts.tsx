import { useTranslation } from "react-i18next";
import type { UsageRow } from "@/api/types";
import { Card } from "@/components/Card";
import { TimeChart } from "@/components/charts/TimeChart";
import { useFormat } from "@/i18n/format";
import { outcomeChart, tokenChart } from "./dayCharts";

/** Requests by how they ended, and tokens by kind, a bar a day. */
export function DayCharts({ rows }: { rows: readonly UsageRow[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const requests = outcomeChart(
    rows,
    {
      completed: t("requests.status.completed"),
      incomplete: t("requests.status.incomplete"),
      failed: t("requests.status.failed"),
      refused: t("requests.status.refused"),
      cancelled: t("requests.status.cancelled"),
    },
    format.count,
  );
  const tokens = tokenChart(
    rows,
    {
      cached: t("usage.cached_input"),
      fresh: t("usage.fresh_input"),
      said: t("usage.answer"),
      reasoning: t("requests.reasoning_tokens"),
    },
    format.count,
  );
  return (
    <div className="grid gap-4 lg:grid-cols-2">
      <Card title={t("usage.requests_by_day")}>
        <div className="p-3.5">
          <TimeChart label={t("usage.requests_by_day")} chart={requests} />
        </div>
      </Card>
      <Card title={t("usage.tokens_by_day")}>
        <div className="p-3.5">
          <TimeChart label={t("usage.tokens_by_day")} chart={tokens} />
        </div>
      </Card>
    </div>
  );
}
