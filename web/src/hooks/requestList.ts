import type { InfiniteData } from "@tanstack/react-query";
import type { RequestPage, Trace } from "@/api/types";

export type RequestList = InfiniteData<RequestPage, string | null>;

/** More than a person reads: from here on the list starts anew with what is new. */
const MOST_ROWS = 10_000;

/** Newest first; the order of the gateway. */
function later(a: Trace, b: Trace): number {
  return Date.parse(b.started_at) - Date.parse(a.started_at) || (a.id < b.id ? 1 : -1);
}

/** The rows of all pages, each once: what ended late stands where it began. */
export function rowsOf(list: RequestList): Trace[] {
  const byId = new Map(list.pages.flatMap(({ requests }) => requests.map((it) => [it.id, it] as const)));
  return [...byId.values()].sort(later);
}

/** The newest requests, read until they meet what is known. */
export interface Newest {
  requests: Trace[];
  next_cursor: string | null;
  /** Nothing is missing between these and what is known. */
  joined: boolean;
}

/** The list with what is new. Where something between is missing, or too much was gathered, it starts anew. */
export function withNewest(list: RequestList, { requests, next_cursor, joined }: Newest): RequestList {
  const known = new Set(list.pages.flatMap((page) => page.requests.map(({ id }) => id)));
  if (!joined || known.size + requests.length > MOST_ROWS)
    return { pages: [{ requests, next_cursor }], pageParams: [null] };
  const fresh = requests.filter(({ id }) => !known.has(id));
  const [first, ...rest] = list.pages;
  if (fresh.length === 0 || !first) return list;
  return { ...list, pages: [{ ...first, requests: [...fresh, ...first.requests] }, ...rest] };
}

/** What is shown of `rows` to somebody who holds the list still, and how many newer ones wait. */
export function heldBack(
  rows: readonly Trace[],
  held: readonly Trace[],
): { shown: Trace[]; waiting: number } {
  const last = held.at(-1);
  const ids = new Set(held.map(({ id }) => id));
  const others = rows.filter(({ id }) => !ids.has(id));
  const older = last ? others.filter((it) => later(last, it) < 0) : [];
  return { shown: [...held, ...older], waiting: others.length - older.length };
}
