import type { UsageRow } from "@/api/types";
import type { RequestsSearch, UsageBy, WhoseSearch } from "@/routes/search";

/** Midnight of a calendar day where the viewer is. */
export function dayBegin(key: string, shift = 0): Date {
  const [year = 0, month = 1, date = 1] = key.split("-").map(Number);
  return new Date(year, month - 1, date + shift);
}

/** The requests that a row counts; `null` where they cannot be asked for: those that have no agent or no key. */
export function drillOf(filters: WhoseSearch, by: UsageBy, { key }: UsageRow): RequestsSearch | null {
  if (key === null) return null;
  if (by !== "day") return { ...filters, [by]: key };
  return {
    ...filters,
    period: undefined,
    from: dayBegin(key).toISOString(),
    to: dayBegin(key, 1).toISOString(),
  };
}
