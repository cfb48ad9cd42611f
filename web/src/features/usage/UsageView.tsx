import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { Choice } from "@/components/Choice";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { Notice } from "@/components/Notice";
import { before, useUsage, useUsageBefore } from "@/hooks/useUsage";
import { useFormat } from "@/i18n/format";
import {
  MEASURES,
  type Measure,
  USAGE_BY,
  type UsageBy,
  type UsageSearch,
  type WhoseSearch,
} from "@/routes/search";
import { Breakdown } from "./Breakdown";
import { DayCharts, WaitingCharts } from "./DayCharts";
import { HeatMap } from "./HeatMap";
import { Totals, WaitingTotals } from "./Totals";

interface UsageViewProps {
  usage: ReturnType<typeof useUsage>;
  filters: WhoseSearch;
  by: UsageBy;
  measure: Measure;
  onChange: (change: UsageSearch) => void;
}

/** The sums of a range, by what they are of, by day and by hour of the week. */
export function UsageView({ usage, filters, by, measure, onChange }: UsageViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const report = usage.data;
  const days = useUsage(filters, "day");
  const hours = useUsage(filters, "weekday_hour");
  // What is not kept any more cannot be compared with.
  const kept = report && Date.parse(before(report).from ?? "") >= Date.parse(report.kept_since);
  const past = useUsageBefore(filters, kept ? report : undefined);
  const short = report && Date.parse(report.from) < Date.parse(report.kept_since);
  if (report?.totals.requests === 0)
    return (
      <Card>
        <EmptyState title={t("usage.empty_title")}>{t("usage.empty")}</EmptyState>
      </Card>
    );
  return (
    <div className="flex flex-col gap-4" aria-busy={usage.isPlaceholderData || undefined}>
      {short && (
        <Notice tone="idle">
          {t("usage.kept_since", { time: format.moment(Date.parse(report.kept_since)) })}
        </Notice>
      )}
      <Loaded query={usage} waiting={<WaitingTotals />}>
        {({ totals }) => <Totals totals={totals} before={kept ? past.data?.totals : undefined} />}
      </Loaded>
      <Loaded query={days} waiting={<WaitingCharts />}>
        {({ rows }) => <DayCharts rows={rows} />}
      </Loaded>
      <Card
        title={t("usage.breakdown")}
        actions={
          <Choice
            label={t("usage.breakdown")}
            values={USAGE_BY}
            value={by}
            nameOf={(it) => t(`usage.by.${it}`)}
            onChange={(it) => onChange({ by: it })}
          />
        }
      >
        <Breakdown
          // While another sum is on its way, the old one is of other things.
          report={report?.by === by ? report : undefined}
          by={by}
          filters={filters}
          error={usage.error}
          onRetry={() => void usage.refetch()}
        />
      </Card>
      <Card
        title={t("usage.week")}
        actions={
          <Choice
            label={t("usage.measure_label")}
            values={MEASURES}
            value={measure}
            nameOf={(it) => t(`usage.measure.${it}`)}
            onChange={(it) => onChange({ measure: it })}
          />
        }
      >
        <div className="p-3.5">
          <Loaded query={hours} lines={10}>
            {({ rows, tz }) => (
              <>
                <HeatMap rows={rows} measure={measure} />
                <p className="mt-1 text-muted text-xs">{t("range.zone", { zone: tz })}</p>
              </>
            )}
          </Loaded>
        </div>
      </Card>
    </div>
  );
}
