import { useTranslation } from "react-i18next";
import type { Capacity } from "@/api/types";
import { Card } from "@/components/Card";
import { cx } from "@/components/cx";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { useWindowName } from "../quota/useWindowName";
import { type CalendarReset, calendarOf } from "./calendar";

const DAYS = 7;

function ResetLine({ reset }: { reset: CalendarReset }) {
  const { t } = useTranslation();
  const format = useFormat();
  const nameOf = useWindowName();
  const at = Date.parse(reset.at);
  return (
    <li className="text-xs leading-4">
      <time dateTime={reset.at} title={format.absoluteTime(at)} className="tabular font-medium">
        {format.clock(at)}
      </time>{" "}
      <span className="[overflow-wrap:anywhere]">{reset.provider_name}</span>
      <span className="block text-muted">
        {nameOf(reset.window)} ·{" "}
        {t("pools.calendar.returns", { share: format.percent(reset.returns_percent / 100) })}
      </span>
    </li>
  );
}

/** When quota comes back over the next seven days, and how much of all accounts together. */
export function ResetCalendar({ capacity, accounts }: { capacity: Capacity; accounts: string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const days = calendarOf(capacity, accounts, now, DAYS);
  return (
    <Card title={t("pools.calendar.title")}>
      <ol className="grid divide-line max-md:divide-y md:grid-cols-7 md:divide-x">
        {days.map(({ start, resets }, index) => (
          <li
            key={start}
            className={cx(
              "flex gap-3 px-3 py-2 md:min-h-28 md:flex-col md:gap-1.5",
              index === 0 && "bg-accent-soft md:rounded-bl-lg",
            )}
          >
            <p className="w-20 shrink-0 font-medium text-xs md:w-auto">
              {index === 0 ? t("pools.calendar.today") : format.dayOfWeek(start)}
            </p>
            {resets.length === 0 ? (
              <p className="text-muted text-xs">{t("pools.calendar.none")}</p>
            ) : (
              <ul className="flex min-w-0 flex-col gap-1.5">
                {resets.map((reset) => (
                  <ResetLine key={`${reset.at}/${reset.provider_name}/${reset.window.kind}`} reset={reset} />
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </Card>
  );
}
