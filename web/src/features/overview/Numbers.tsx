import { useTranslation } from "react-i18next";
import type { Overview } from "@/api/types";
import { useFormat } from "@/i18n/format";
import { sharesOf } from "./shares";

function Tile({ label, value, children }: { label: string; value: string; children: string }) {
  return (
    <div className="bg-surface px-3.5 py-2.5">
      <dt className="text-muted text-xs">{label}</dt>
      <dd>
        <span className="tabular block font-semibold text-lg tracking-tight">{value}</span>
        <span className="tabular block text-muted text-xs">{children}</span>
      </dd>
    </div>
  );
}

/** What went through in the last 24 hours. What is not known is a dash, never a zero. */
export function Numbers({ day }: { day: Overview["last_24h"] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { success, failover, cached } = sharesOf(day);
  const share = (value: number | null) => (value === null ? "–" : format.precisePercent(value));
  const added = day.added_latency_ms;
  const first = day.first_event_ms;
  return (
    <section aria-label={t("overview.numbers.title")}>
      <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 xl:grid-cols-6">
        <Tile label={t("overview.numbers.requests")} value={format.count(day.requests)}>
          {t("overview.numbers.requests_detail", {
            refused: format.count(day.refused),
            cancelled: format.count(day.cancelled),
          })}
        </Tile>
        <Tile label={t("overview.numbers.success")} value={share(success)}>
          {t("overview.numbers.success_detail", {
            succeeded: format.count(day.succeeded),
            failed: format.count(day.failed),
          })}
        </Tile>
        <Tile label={t("overview.numbers.failover")} value={share(failover)}>
          {t("overview.numbers.failover_detail", { count: day.failovers })}
        </Tile>
        <Tile label={t("overview.numbers.added")} value={added ? format.duration(added.p50) : "–"}>
          {added
            ? t("overview.numbers.added_detail", { p95: format.duration(added.p95) })
            : t("overview.numbers.not_measured")}
        </Tile>
        <Tile label={t("overview.numbers.first")} value={first ? format.duration(first.p50) : "–"}>
          {first
            ? t("overview.numbers.added_detail", { p95: format.duration(first.p95) })
            : t("overview.numbers.not_measured")}
        </Tile>
        <Tile label={t("overview.numbers.cached")} value={share(cached)}>
          {t("overview.numbers.cached_detail", {
            input: format.count(day.input_tokens),
            output: format.count(day.output_tokens),
          })}
        </Tile>
      </dl>
    </section>
  );
}
