import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Capacity, CapacityWindow } from "@/api/types";
import { Card } from "@/components/Card";
import { Countdown } from "@/components/Countdown";
import type { LegendItem } from "@/components/charts/Legend";
import { TimeChart } from "@/components/charts/TimeChart";
import { Segments } from "@/components/Segments";
import { useFormat } from "@/i18n/format";
import { useWindowName } from "../quota/useWindowName";
import { runwayOf } from "./runway";

function Verdict({ window }: { window: CapacityWindow }) {
  const { t } = useTranslation();
  const { verdict, runs_out_at: end } = window.forecast;
  const [next] = window.resets;
  return (
    <p className="min-h-5 text-sm">
      {verdict === "runs_out" && end ? (
        <span className="font-medium text-warn">
          {t("overview.runway.runs_out")} <Countdown to={end} />
        </span>
      ) : (
        <span className={verdict === "lasts" ? "font-medium text-good" : "text-muted"}>
          {t(`overview.runway.${verdict === "lasts" ? "lasts" : "unknown"}`)}
        </span>
      )}
      {next && (
        <span className="text-muted">
          {" · "}
          {t("overview.runway.next_reset", { name: next.provider_name })} <Countdown to={next.at} />
        </span>
      )}
    </p>
  );
}

/** Whether it lasts: what was left, and what probably will be. */
export function RunwayCard({ capacity }: { capacity: Capacity }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useWindowName();
  const [chosen, setChosen] = useState<string | null>(null);
  const { windows } = capacity;
  const window = windows.find(({ label }) => label === chosen) ?? windows[0];
  if (!window) return null;
  const percent = (value: number) => format.percent(value / 100);
  const chart = runwayOf(window, capacity.generated_at, {
    left: t("overview.runway.left"),
    probably: t("overview.runway.probably"),
    atBest: t("overview.runway.at_best"),
    atWorst: t("overview.runway.at_worst"),
    now: t("overview.runway.now"),
    empty: t("overview.runway.empty"),
    reset: (name, returns) => t("overview.runway.reset", { name, share: percent(returns) }),
    format: percent,
  });
  const legend: LegendItem[] = [
    { key: "left", label: t("overview.runway.left"), colour: "accent", look: "line" },
    { key: "mid", label: t("overview.runway.probably"), colour: "accent", look: "dashed" },
    { key: "band", label: t("overview.runway.band"), colour: "accent", look: "band" },
    { key: "reset", label: t("overview.runway.resets"), colour: "good", look: "dashed" },
  ];
  return (
    <Card
      title={t("overview.runway.title")}
      actions={
        <Segments
          label={t("overview.runway.window")}
          value={window.label}
          options={windows.map((it) => ({ value: it.label, label: nameOf(it) }))}
          onChange={setChosen}
        />
      }
    >
      <div className="px-3.5 pt-2.5 pb-3">
        <Verdict window={window} />
        <TimeChart
          label={`${t("overview.runway.title")}: ${nameOf(window)}`}
          chart={chart}
          legend={chart.series.length > 1 ? legend : legend.slice(0, 1)}
          height={210}
        />
      </div>
    </Card>
  );
}
