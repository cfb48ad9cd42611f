import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { UsageRow } from "@/api/types";
import { ChartFrame } from "@/components/charts/ChartFrame";
import { useFormat } from "@/i18n/format";
import type { Measure } from "@/routes/search";
import { tokensOf } from "./numbers";
import { HOURS, hourAfter, strength, type WeekHour, weekOf } from "./week";

/** How much of the accent's colour each strength has. */
const INK = ["0%", "18%", "36%", "55%", "76%", "100%"] as const;
const HEIGHT = 236;
/** There is room for the name of every so many hours. */
const HOURS_NAMED = 6;

/** When in the week how much is used: the darker, the more. The arrow keys go from hour to hour. */
export function HeatMap({ rows, measure }: { rows: readonly UsageRow[]; measure: Measure }) {
  const { t } = useTranslation();
  const format = useFormat();
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState({ day: 0, hour: 0 });
  const [read, setRead] = useState<WeekHour | null>(null);
  const week = weekOf(rows);
  const amountOf = ({ row }: WeekHour) =>
    row === null ? 0 : measure === "tokens" ? tokensOf(row) : row.requests;
  const all = week.flat();
  const highest = all.reduce((most, it) => (amountOf(it) > amountOf(most) ? it : most), all[0] as WeekHour);
  const most = amountOf(highest);
  const amount = (it: WeekHour) =>
    measure === "tokens"
      ? t("usage.token_count", { tokens: format.count(amountOf(it)) })
      : t("usage.request_count", { count: amountOf(it) });
  const say = (it: WeekHour) => `${format.weekHour(it.day, it.hour)}: ${amount(it)}`;
  const onKeyDown = (event: KeyboardEvent) => {
    const next = hourAfter(event.key, at.day, at.hour);
    if (!next) return;
    event.preventDefault();
    setAt(next);
    table.current?.querySelector<HTMLElement>(`[data-hour="${next.day}-${next.hour}"]`)?.focus();
  };
  const hours = Array.from({ length: HOURS }, (_, hour) => hour);
  const label = t("usage.week");
  return (
    <ChartFrame
      label={label}
      height={HEIGHT}
      legend={
        <p aria-live="polite" className="text-muted text-xs">
          {read ? say(read) : most > 0 && t("usage.busiest", { hour: say(highest) })}
        </p>
      }
      table={() => ({
        columns: [t("usage.hour"), ...week.map((_, day) => format.weekday(day))],
        rows: hours.map((hour) => [
          format.hour(hour),
          ...week.map((days) => format.count(amountOf(days[hour] as WeekHour))),
        ]),
      })}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the pointer leaves, nothing is pressed */}
      <div style={{ height: HEIGHT }} onMouseLeave={() => setRead(null)}>
        <table
          ref={table}
          // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: its cells are walked by the arrow keys
          role="grid"
          aria-label={label}
          onKeyDown={onKeyDown}
          className="size-full table-fixed border-separate border-spacing-0.5 text-xs"
        >
          <thead>
            <tr>
              <td className="w-9" />
              {hours
                .filter((hour) => hour % HOURS_NAMED === 0)
                .map((hour) => (
                  <th
                    key={hour}
                    scope="colgroup"
                    colSpan={HOURS_NAMED}
                    className="tabular p-0 text-left font-normal text-muted"
                  >
                    {format.hour(hour)}
                  </th>
                ))}
            </tr>
          </thead>
          <tbody>
            {week.map((day, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a day is its place in the week
              <tr key={place}>
                <th scope="row" className="truncate p-0 pr-1 text-left font-normal text-muted">
                  {format.weekday(place)}
                </th>
                {day.map((it) => (
                  <td
                    key={it.hour}
                    data-hour={`${it.day}-${it.hour}`}
                    tabIndex={it.day === at.day && it.hour === at.hour ? 0 : -1}
                    aria-label={say(it)}
                    title={say(it)}
                    onFocus={() => {
                      setAt({ day: it.day, hour: it.hour });
                      setRead(it);
                    }}
                    onBlur={() => setRead(null)}
                    onMouseEnter={() => setRead(it)}
                    className="rounded-sm p-0"
                    style={{
                      background: `color-mix(in srgb, var(--accent) ${INK[strength(amountOf(it), most)]}, var(--hover))`,
                    }}
                  />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </ChartFrame>
  );
}
