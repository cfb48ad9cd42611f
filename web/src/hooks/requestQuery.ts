import type { RequestQuery, Trace } from "@/api/types";
import type { RequestsSearch } from "@/routes/search";
import { rangeOf } from "./timeRange";

/** What the address asks for, as the gateway is asked for it; a period is counted back from `now`. */
export function toRequestQuery(search: RequestsSearch, now: number): RequestQuery {
  const { account, agent, key, model, outcome, cause } = search;
  return {
    ...(account && { account }),
    ...(agent && { agent }),
    ...(key && { key }),
    ...(model && { model }),
    ...(outcome && { outcome }),
    ...(cause && { cause }),
    ...rangeOf(search, now),
  };
}

/** What the gateway is not asked for: the page picks it from what it read. `null` when everything is wanted. */
export function picked({ failover, slower }: RequestsSearch): ((trace: Trace) => boolean) | null {
  if (!failover && slower === undefined) return null;
  return (trace) => (!failover || trace.used_failover) && trace.duration_ms >= (slower ?? 0);
}
