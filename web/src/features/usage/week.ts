import type { UsageRow } from "@/api/types";

export const DAYS = 7;
export const HOURS = 24;

/** An hour of the week: days from Monday on, both from 0. */
export interface WeekHour {
  day: number;
  hour: number;
  row: UsageRow | null;
}

/** The rows as a week, day by day. */
export function weekOf(rows: readonly UsageRow[]): WeekHour[][] {
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return Array.from({ length: DAYS }, (_, day) =>
    Array.from({ length: HOURS }, (_hour, hour) => ({
      day,
      hour,
      row: byKey.get(`${day + 1}-${String(hour).padStart(2, "0")}`) ?? null,
    })),
  );
}

/** How strong an hour is coloured, in steps of the highest: 0 for nothing, 1 to 5. */
export function strength(value: number, highest: number): number {
  return value <= 0 || highest <= 0 ? 0 : Math.max(1, Math.ceil((5 * value) / highest));
}

/** Where the arrow keys lead from one hour to another; they stay within the week. */
export function hourAfter(key: string, day: number, hour: number): { day: number; hour: number } | null {
  switch (key) {
    case "ArrowLeft":
      return { day, hour: Math.max(0, hour - 1) };
    case "ArrowRight":
      return { day, hour: Math.min(HOURS - 1, hour + 1) };
    case "ArrowUp":
      return { day: Math.max(0, day - 1), hour };
    case "ArrowDown":
      return { day: Math.min(DAYS - 1, day + 1), hour };
    case "Home":
      return { day, hour: 0 };
    case "End":
      return { day, hour: HOURS - 1 };
    default:
      return null;
  }
}
