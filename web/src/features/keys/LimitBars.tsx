import { useTranslation } from "react-i18next";
import type { Limit } from "@/api/access";
import { Countdown } from "@/components/Countdown";
import { cx } from "@/components/cx";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { currentOf, type LimitLevel, levelOf, ruleId, takenOf } from "./limits";
import { useRuleName } from "./useRuleName";

const FILL: Record<LimitLevel, string> = {
  calm: "bg-good",
  near: "bg-warn",
  full: "bg-bad",
};

/** The limits of a key: how much of each is used, and when it starts anew. */
export function LimitBars({ limits }: { limits: Limit[] }) {
  const { t } = useTranslation();
  if (limits.length === 0) return <p className="text-muted text-sm">{t("keys.no_limits")}</p>;
  return (
    <ul className="flex flex-col gap-2.5">
      {limits.map((limit) => (
        <LimitBar key={ruleId(limit)} limit={limit} />
      ))}
    </ul>
  );
}

function LimitBar({ limit }: { limit: Limit }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useRuleName();
  const current = currentOf(limit, useNow());
  const taken = takenOf(current);
  const level = levelOf(taken);
  const share = limit.meter === "pool_share";
  const number = (value: number) => (share ? format.percent(value / 100) : format.count(value));
  const amount = number(limit.amount);
  const words = t("keys.used_of", { used: number(current.used), amount });
  return (
    <li className="min-w-0 text-xs" data-level={level} data-rule={ruleId(limit)}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-2">
        <p className="font-medium">{nameOf(limit)}</p>
        <p className="tabular">
          {words}
          {level === "near" && <span className="text-warn"> · {t("keys.near")}</span>}
          {level === "full" && <span className="text-bad"> · {t("keys.full")}</span>}
        </p>
      </div>
      {/* The words above say the same. */}
      <div aria-hidden className="my-1 h-1.5 overflow-hidden rounded-sm bg-hover">
        <div className={cx("h-full rounded-sm", FILL[level])} style={{ width: `${taken * 100}%` }} />
      </div>
      {current.reserved > 0 && (
        <p className="text-muted">{t("keys.reserved", { amount: number(current.reserved) })}</p>
      )}
      {limit.resets_at && current === limit && (
        <p className="text-muted">
          {t("quota.resets_in")} <Countdown to={limit.resets_at} />
        </p>
      )}
    </li>
  );
}
