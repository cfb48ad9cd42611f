/** Stretches of time that a page can be about. */

export const PERIODS = [
  "1h",
  "6h",
  "24h",
  "7d",
  "30d",
  "90d",
  "today",
  "yesterday",
  "this_month",
  "last_month",
] as const;
export type Period = (typeof PERIODS)[number];

/** What stands in the address: a period counted from now, which outranks the two ends. */
export interface RangeSearch {
  period?: Period | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** Instants; an end that is absent is open. */
export interface Range {
  from?: string;
  to?: string;
}

export const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const ROLLING: Partial<Record<Period, number>> = {
  "1h": HOUR_MS,
  "6h": 6 * HOUR_MS,
  "24h": DAY_MS,
  "7d": 7 * DAY_MS,
  "30d": 30 * DAY_MS,
  "90d": 90 * DAY_MS,
};

function iso(date: Date): string {
  return date.toISOString();
}

/** The ends that are meant, as of `now`; days and months are the viewer's own. */
export function rangeOf({ period, from, to }: RangeSearch, now: number): Range {
  if (!period) return { ...(from && { from }), ...(to && { to }) };
  const rolling = ROLLING[period];
  if (rolling !== undefined) return { from: iso(new Date(now - rolling)) };
  const at = new Date(now);
  const day = (shift: number) => iso(new Date(at.getFullYear(), at.getMonth(), at.getDate() + shift));
  const month = (shift: number) => iso(new Date(at.getFullYear(), at.getMonth() + shift, 1));
  switch (period) {
    case "yesterday":
      return { from: day(-1), to: day(0) };
    case "this_month":
      return { from: month(0) };
    case "last_month":
      return { from: month(-1), to: month(0) };
    default:
      return { from: day(0) };
  }
}

/** Whether the range ends in the past, so that nothing is ever added to it. */
export function isOver(range: RangeSearch, now: number): boolean {
  const { to } = rangeOf(range, now);
  return to !== undefined && Date.parse(to) <= now;
}

/** The range of the same length right before (`-1`) or after it; never beyond `now`. */
export function shifted(search: RangeSearch, by: -1 | 1, now: number): RangeSearch {
  const range = rangeOf(search, now);
  const to = range.to === undefined ? now : Date.parse(range.to);
  const from = range.from === undefined ? to - DAY_MS : Date.parse(range.from);
  const length = Math.max(to - from, 60_000);
  const end = Math.min(now, to + by * length);
  return { from: iso(new Date(end - length)), to: iso(new Date(end)) };
}
