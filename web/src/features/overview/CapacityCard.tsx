import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Capacity, CapacityWindow } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { Card } from "@/components/Card";
import { Gauge } from "@/components/charts/Gauge";
import { EmptyState } from "@/components/EmptyState";
import { RelativeTime } from "@/components/RelativeTime";
import { useFormat } from "@/i18n/format";
import { LEVEL_COLOURS } from "../quota/levels";
import { useWindowName } from "../quota/useWindowName";
import { levelOf } from "../quota/windows";
import { CapacityAccounts } from "./CapacityAccounts";
import { oldestReading } from "./capacity";

function WindowNow({ window }: { window: CapacityWindow }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useWindowName();
  const left = window.remaining_percent;
  const level = levelOf(left);
  const name = nameOf(window);
  const oldest = oldestReading(window);
  return (
    <div className="grid min-w-0 grid-cols-[7.5rem_minmax(0,1fr)] items-start gap-x-4 px-3.5 py-3">
      <div className="text-center">
        <Gauge
          label={t("overview.capacity.of_window", { window: name })}
          value={left}
          text={left === null ? t("quota.unknown") : format.percent(Math.floor(left) / 100)}
          colour={LEVEL_COLOURS[level]}
        />
        <p className="mt-1 font-medium text-sm">{name}</p>
        <p className="text-muted text-xs">
          {left === null ? t("overview.capacity.no_reading") : t("overview.capacity.left")}
          {level !== "plenty" && level !== "unknown" && ` · ${t(`quota.level.${level}`)}`}
        </p>
      </div>
      <div className="min-w-0">
        <CapacityAccounts window={window} />
        <p className="mt-2 text-muted text-xs">
          {oldest ? (
            <>
              {t(`quota.source.${oldest.source}`)}, {t("overview.capacity.oldest")}{" "}
              <RelativeTime at={oldest.at} />
            </>
          ) : (
            t("overview.capacity.never_read")
          )}
          {window.unknown_accounts.length > 0 &&
            ` · ${t("overview.capacity.unknown", { count: window.unknown_accounts.length })}`}
        </p>
      </div>
    </div>
  );
}

/** What all accounts have left together, by window; each account counts by the size of its plan. */
export function CapacityCard({ capacity }: { capacity: Capacity }) {
  const { t } = useTranslation();
  return (
    <Card
      title={t("overview.capacity.title")}
      className="flex min-h-52 flex-col"
      actions={
        <Link to="/pools" className={buttonClass("quiet", "sm")}>
          {t("overview.capacity.all")}
        </Link>
      }
    >
      {capacity.windows.length === 0 ? (
        <EmptyState title={t("overview.capacity.empty_title")}>{t("overview.capacity.empty")}</EmptyState>
      ) : (
        <div className="grid flex-1 divide-line max-md:divide-y md:grid-cols-2 md:divide-x">
          {capacity.windows.slice(0, 2).map((window) => (
            <WindowNow key={window.label} window={window} />
          ))}
        </div>
      )}
    </Card>
  );
}
