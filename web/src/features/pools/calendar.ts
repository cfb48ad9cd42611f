import type { Capacity, CapacityReset, CapacityWindow } from "@/api/types";

export interface CalendarReset extends CapacityReset {
  window: Pick<CapacityWindow, "kind" | "length_seconds">;
}

export interface CalendarDay {
  /** The day's begin where the reader is. */
  start: number;
  resets: CalendarReset[];
}

/** The resets of these accounts over the next days, today first; a day without any stands empty. */
export function calendarOf(
  { windows }: Capacity,
  accounts: readonly string[],
  now: number,
  days: number,
): CalendarDay[] {
  const all = windows.flatMap((window) =>
    window.resets
      .filter(({ provider_name, at }) => accounts.includes(provider_name) && Date.parse(at) >= now)
      .map((reset): CalendarReset => ({ ...reset, window })),
  );
  all.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return Array.from({ length: days }, (_, offset) => {
    // By the calendar and not by hours: a day may have 23 or 25.
    const first = new Date(now);
    const start = new Date(first.getFullYear(), first.getMonth(), first.getDate() + offset).getTime();
    const end = new Date(first.getFullYear(), first.getMonth(), first.getDate() + offset + 1).getTime();
    return { start, resets: all.filter(({ at }) => Date.parse(at) >= start && Date.parse(at) < end) };
  });
}
