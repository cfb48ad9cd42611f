import type { Trace } from "@/api/types";

/** The accounts that failed before the one that served; none when the first choice served, or nobody did. */
export function failedBefore({ attempts }: Pick<Trace, "attempts">): string[] {
  const served = attempts.findIndex(({ outcome }) => outcome === "served");
  return attempts.slice(0, Math.max(0, served)).map(({ provider_name }) => provider_name);
}
