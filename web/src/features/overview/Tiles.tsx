import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Overview } from "@/api/types";
import { cx } from "@/components/cx";
import { useFormat } from "@/i18n/format";

function Tile({ label, value, children }: { label: string; value: string; children: ReactNode }) {
  return (
    <div className="bg-surface px-3.5 py-3">
      <dt className="text-muted text-sm">{label}</dt>
      <dd>
        <span className="tabular block font-semibold text-xl tracking-tight">{value}</span>
        <span className="block text-muted text-sm">{children}</span>
      </dd>
    </div>
  );
}

/** The accounts now, and what went through in the last 24 hours. */
export function Tiles({ overview }: { overview: Overview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { providers, last_24h: day } = overview;
  const cached = day.input_tokens > 0 ? day.cached_input_tokens / day.input_tokens : 0;
  const troubled = providers.needs_reauth > 0;
  const held = providers.cooling_down + providers.exhausted;
  const rest =
    held > 0 ? t("tiles.held", { count: held }) : t("tiles.disabled", { count: providers.disabled });
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line lg:grid-cols-4">
      <Tile
        label={t("tiles.providers")}
        value={t("tiles.ready_of", { ready: providers.ready, total: providers.total })}
      >
        <Link to="/providers" className={cx("underline underline-offset-2", troubled && "text-bad")}>
          {troubled ? t("tiles.needs_reauth", { count: providers.needs_reauth }) : rest}
        </Link>
      </Tile>
      <Tile label={t("tiles.requests")} value={format.count(day.requests)}>
        {t("tiles.outcomes", { succeeded: format.count(day.succeeded), failed: format.count(day.failed) })}
      </Tile>
      <Tile label={t("tiles.input")} value={format.count(day.input_tokens)}>
        {t("tiles.cached", { share: format.percent(cached) })}
      </Tile>
      <Tile label={t("tiles.output")} value={format.count(day.output_tokens)}>
        {t("tiles.last_day")}
      </Tile>
    </dl>
  );
}
