import { useTranslation } from "react-i18next";
import type { UsageRow } from "@/api/types";
import { Card } from "@/components/Card";
import { TimeChart } from "@/components/charts/TimeChart";
import { Block, Waiting } from "@/components/Waiting";
import { useFormat } from "@/i18n/format";
import { outcomeChart, tokenChart } from "./dayCharts";

const BESIDE = "grid gap-4 lg:grid-cols-2";

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
    <div className={BESIDE}>
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

/** As high as the charts will be. */
export function WaitingCharts() {
  return (
    <Waiting className={BESIDE}>
      <Block className="h-84" />
      <Block className="h-84" />
    </Waiting>
  );
}
