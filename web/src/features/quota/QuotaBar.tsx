import { useTranslation } from "react-i18next";
import type { QuotaWindow, WindowForecast } from "@/api/types";
import { Countdown } from "@/components/Countdown";
import { cx } from "@/components/cx";
import { RelativeTime } from "@/components/RelativeTime";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { ForecastLine } from "./ForecastLine";
import { useWindowName } from "./useWindowName";
import { ghostOf, type Level, levelOf, remainingOf, resetOf } from "./windows";

const FILL: Record<Level, string> = {
  plenty: "bg-good",
  low: "bg-warn",
  last: "bg-bad",
  empty: "bg-bad",
  unknown: "",
};

interface QuotaBarProps {
  window: QuotaWindow;
  forecast: WindowForecast | null;
  generatedAt: string;
}

/** One window of an account: what is left as a bar and in words, when it starts anew, who says so and since when. */
export function QuotaBar({ window, forecast, generatedAt }: QuotaBarProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const nameOf = useWindowName();
  const name = nameOf(window);
  const left = remainingOf(window, now);
  const level = levelOf(left);
  const reset = resetOf(window);
  const isReset = reset !== null && Date.parse(reset) <= now;
  const ghost = ghostOf(window, forecast, now);
  const share = (value: number) => format.percent(value / 100);
  // Rounded once, so that the two make a hundred. What is left is never said to be more than it is.
  const whole = left === null ? null : Math.floor(left);
  const words =
    whole === null
      ? t("quota.unknown")
      : t("quota.left_used", { left: share(whole), used: share(100 - whole) });
  return (
    <div className="min-w-0 text-xs" data-level={level}>
      <div className="flex flex-wrap items-baseline justify-between gap-x-2">
        <p className="font-medium text-sm [overflow-wrap:anywhere]">{name}</p>
        <p className="tabular">
          {words}
          {level !== "plenty" && level !== "unknown" && (
            <span className={level === "low" ? "text-warn" : "text-bad"}> · {t(`quota.level.${level}`)}</span>
          )}
        </p>
      </div>
      {/* The words above say the same. */}
      <div
        aria-hidden
        className={cx(
          "my-1 h-1.5 overflow-hidden rounded-sm",
          left === null ? "border border-edge border-dashed" : "bg-hover",
        )}
      >
        {left !== null && (
          <div className="relative h-full" style={{ width: `${left}%` }}>
            <div className={cx("absolute inset-0 rounded-sm", FILL[level], ghost !== null && "opacity-35")} />
            {ghost !== null && (
              <div
                className={cx("absolute inset-y-0 left-0 rounded-sm", FILL[level])}
                style={{ width: `${left > 0 ? (ghost / left) * 100 : 0}%` }}
              />
            )}
          </div>
        )}
      </div>
      <p className="text-muted">
        {isReset ? (
          t("quota.was_reset")
        ) : reset === null ? (
          t("quota.reset_unknown")
        ) : (
          <>
            {t("quota.resets_in")} <Countdown to={reset} />
          </>
        )}
        {" · "}
        {t(`quota.source.${window.source}`)}, <RelativeTime at={window.observed_at} />
      </p>
      {forecast && !isReset && level !== "empty" && (
        <ForecastLine forecast={forecast} generatedAt={generatedAt} ghost={ghost} />
      )}
    </div>
  );
}
