import { Minus, TrendingDown, TrendingUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { UsageCounters } from "@/api/types";
import { Block, Waiting } from "@/components/Waiting";
import { useFormat } from "@/i18n/format";
import { growth, share, successRate } from "./numbers";

function Change({ now, past }: { now: number | null; past: number | null | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  const change = growth(now, past);
  // Its line stays: the range before comes later than the range.
  if (change === null) return <span aria-hidden className="block h-4" />;
  const same = Math.round(change * 100) === 0;
  const Icon = same ? Minus : change < 0 ? TrendingDown : TrendingUp;
  return (
    <span className="block text-muted text-xs">
      <Icon size={12} aria-hidden className="mr-1 inline" />
      {t("usage.change", { change: format.signedPercent(change) })}
    </span>
  );
}

interface Total {
  label: string;
  value: number | null;
  text: string;
  detail: string;
  past: number | null | undefined;
}

interface TotalsProps {
  totals: UsageCounters;
  /** Of the range before; `undefined` while it is not known, or not kept. */
  before: UsageCounters | undefined;
}

/** The sums of the range, each beside that of the range before. */
export function Totals({ totals, before }: TotalsProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const percent = (value: number | null) => (value === null ? "–" : format.percent(value));
  const rate = successRate(totals);
  const list: Total[] = [
    {
      label: t("requests.title"),
      value: totals.requests,
      text: format.count(totals.requests),
      detail: t("usage.failed_count", { count: totals.failed }),
      past: before?.requests,
    },
    {
      label: t("usage.answered"),
      value: rate,
      text: percent(rate),
      detail: t("usage.failover_count", { count: totals.failovers }),
      past: before && successRate(before),
    },
    {
      label: t("requests.input_tokens"),
      value: totals.input_tokens,
      text: format.count(totals.input_tokens),
      detail: t("usage.cached_share", {
        share: percent(share(totals.cached_input_tokens, totals.input_tokens)),
      }),
      past: before?.input_tokens,
    },
    {
      label: t("requests.output_tokens"),
      value: totals.output_tokens,
      text: format.count(totals.output_tokens),
      detail: t("usage.reasoning_share", {
        share: percent(share(totals.reasoning_tokens, totals.output_tokens)),
      }),
      past: before?.output_tokens,
    },
  ];
  return (
    <dl className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line lg:grid-cols-4">
      {list.map(({ label, value, text, detail, past }) => (
        <div key={label} className="bg-surface px-3.5 py-3">
          <dt className="text-muted text-sm">{label}</dt>
          <dd>
            <span className="tabular block font-semibold text-xl tracking-tight">{text}</span>
            <span className="block text-muted text-sm">{detail}</span>
            <Change now={value} past={past} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** As high as the sums will be. */
export function WaitingTotals() {
  return (
    <Waiting>
      <Block className="h-54.5 lg:h-27.5" />
    </Waiting>
  );
}
