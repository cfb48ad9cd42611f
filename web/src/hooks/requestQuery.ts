import type { RequestQuery } from "@/api/types";
import type { PERIODS, RequestsSearch } from "@/routes/search";

const HOUR_MS = 3_600_000;

export const PERIOD_MS: Record<(typeof PERIODS)[number], number> = {
  "1h": HOUR_MS,
  "24h": 24 * HOUR_MS,
  "7d": 7 * 24 * HOUR_MS,
  "30d": 30 * 24 * HOUR_MS,
};

/** What the address asks for, as the gateway is asked for it; a period is counted back from `now`. */
export function toRequestQuery(
  { account, agent, model, outcome, period, from, to }: RequestsSearch,
  now: number,
): RequestQuery {
  const since = period ? new Date(now - PERIOD_MS[period]).toISOString() : from;
  return {
    ...(account && { account }),
    ...(agent && { agent }),
    ...(model && { model }),
    ...(outcome && { outcome }),
    ...(since && { from: since }),
    ...(!period && to && { to }),
  };
}
