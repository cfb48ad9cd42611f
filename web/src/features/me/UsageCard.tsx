import { useTranslation } from "react-i18next";
import type { KeyUsage } from "@/api/access";
import { Card } from "@/components/Card";
import { useFormat } from "@/i18n/format";
import { DayTable } from "./DayTable";
import { barsOf } from "./usage";

const KINDS = ["requests", "tokens"] as const;

/** What was used by day: bars, and the same as a table. */
export function UsageCard({ usage }: { usage: KeyUsage }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { days } = usage;
  return (
    <Card title={t("me.usage")}>
      <div className="flex flex-col gap-4 p-3.5">
        {KINDS.map((kind) => (
          <div key={kind}>
            <p className="text-sm">
              <span className="font-medium">{t(`me.${kind}`)}</span>{" "}
              <span className="tabular text-muted">
                {t("me.in_days", { total: format.count(usage[kind]), count: days.length })}
              </span>
            </p>
            {/* The table below says the same. */}
            <div aria-hidden className="mt-1 flex h-12 items-end gap-0.5">
              {barsOf(days, kind).map(({ day, share, [kind]: value }) => (
                <div
                  key={day}
                  title={`${format.day(day)}: ${format.count(value)}`}
                  className="min-h-px flex-1 rounded-sm bg-accent"
                  style={{ height: `${share * 100}%` }}
                />
              ))}
            </div>
          </div>
        ))}
        <details className="text-sm">
          <summary>{t("me.as_table")}</summary>
          <DayTable days={days} />
        </details>
      </div>
    </Card>
  );
}
