import type { RequestsSearch } from "@/routes/search";

/** Filters that people ask for again and again. */
export const READY_MADE = [
  { id: "all", search: {} },
  { id: "failures", search: { outcome: "failed" } },
  { id: "failovers", search: { failover: true } },
  { id: "slow", search: { slower: 10_000 } },
] as const satisfies readonly { id: string; search: RequestsSearch }[];

const entries = ({ request: _open, ...filters }: RequestsSearch) =>
  Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));

/** Whether two addresses ask for the same requests, whatever is open. */
export function isSameView(a: RequestsSearch, b: RequestsSearch): boolean {
  return JSON.stringify(entries(a)) === JSON.stringify(entries(b));
}

/** How many filters are set; the two ends of a time are one. */
export function countOf({ from, to, ...search }: RequestsSearch): number {
  return entries(search).length + (from !== undefined || to !== undefined ? 1 : 0);
}

export function isNarrowed(search: RequestsSearch): boolean {
  return entries(search).length > 0;
}
