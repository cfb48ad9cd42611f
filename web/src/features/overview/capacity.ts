import type { CapacityAccount, CapacityWindow } from "@/api/types";

/** The reading that is the longest ago: how far the sum can be trusted. */
export function oldestReading({
  by_account,
}: CapacityWindow): { at: string; source: NonNullable<CapacityAccount["source"]> } | null {
  const read = by_account.flatMap(({ observed_at: at, source }) =>
    at !== null && source !== null ? [{ at, source }] : [],
  );
  return read.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))[0] ?? null;
}

/** Those in the worst state first: about to run out, then the least left; what is unknown last. */
export function byNeed(accounts: readonly CapacityAccount[]): CapacityAccount[] {
  const rank = ({ verdict, remaining_percent: left }: CapacityAccount) =>
    left === null ? 1_000 : left + (verdict === "runs_out" ? 0 : 200);
  return [...accounts].sort((a, b) => rank(a) - rank(b));
}
