import { useTranslation } from "react-i18next";
import type { WindowForecast } from "@/api/types";
import { Countdown } from "@/components/Countdown";
import { useFormat } from "@/i18n/format";
import { runsOutAt } from "./windows";

interface ForecastLineProps {
  forecast: WindowForecast;
  generatedAt: string;
  /** What will be left at the reset. */
  ghost: number | null;
}

/** Whether the window lasts until its reset; nothing where the readings cannot tell. */
export function ForecastLine({ forecast, generatedAt, ghost }: ForecastLineProps) {
  const { t } = useTranslation();
  const format = useFormat();
  if (forecast.verdict === "unknown") return null;
  if (forecast.verdict === "lasts")
    return (
      <p className="text-muted" title={forecast.text}>
        {ghost === null
          ? t("quota.lasts")
          : t("quota.lasts_with", { share: format.percent(Math.floor(ghost) / 100) })}
      </p>
    );
  const at = runsOutAt(forecast, generatedAt);
  return (
    <p className="text-warn" title={forecast.text}>
      {at === null ? (
        t("quota.runs_out")
      ) : (
        <>
          {t("quota.runs_out_in")} <Countdown to={at} />
        </>
      )}
    </p>
  );
}
