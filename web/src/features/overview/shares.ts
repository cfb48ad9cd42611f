import type { Overview } from "@/api/types";

export interface Shares {
  /** Of what the gateway is responsible for: what a client did wrong or gave up counts neither way. */
  success: number | null;
  failover: number | null;
  cached: number | null;
}

const share = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** Shares from 0 to 1; `null` where nothing was counted, which is not nought. */
export function sharesOf(day: Overview["last_24h"]): Shares {
  return {
    success: share(day.succeeded, day.succeeded + day.failed),
    failover: share(day.failovers, day.succeeded),
    cached: share(day.cached_input_tokens, day.input_tokens),
  };
}
