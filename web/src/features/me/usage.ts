import type { DayUsage } from "@/api/access";

/** A day with its share of the highest one, 0 to 1, for the height of a bar. */
export interface Bar extends DayUsage {
  share: number;
}

/** Bars of `what`; without any use they are all of height 0. */
export function barsOf(days: DayUsage[], what: "requests" | "tokens"): Bar[] {
  const most = Math.max(0, ...days.map((day) => day[what]));
  return days.map((day) => ({ ...day, share: most === 0 ? 0 : day[what] / most }));
}
