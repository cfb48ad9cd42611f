import { useTranslation } from "react-i18next";
import type { WindowForecast } from "@/api/types";
import { Countdown } from "@/components/Countdown";
import { runsOutAt } from "./windows";

/** Whether the window lasts until its reset; nothing where the readings cannot tell. */
export function ForecastLine({ forecast, generatedAt }: { forecast: WindowForecast; generatedAt: string }) {
  const { t } = useTranslation();
  if (forecast.verdict === "unknown") return null;
  if (forecast.verdict === "lasts") return <p className="text-muted">{t("quota.lasts")}</p>;
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
