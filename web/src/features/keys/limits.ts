import type { Limit, LimitRule, LimitWindow, Meter } from "@/api/access";

export type LimitLevel = "calm" | "near" | "full";

/** From where a limit is about to be reached. */
const NEAR = 0.8;

/** How much is taken, with what is reserved for requests under way; 0 to 1. */
export function takenOf({ used, reserved, amount }: Limit): number {
  if (amount <= 0) return 1;
  return Math.min(1, Math.max(0, (used + reserved) / amount));
}

export function levelOf(taken: number): LimitLevel {
  if (taken >= 1) return "full";
  return taken >= NEAR ? "near" : "calm";
}

/** What a window's limit says once the window is over, before anybody has asked again: nothing is used. */
export function currentOf(limit: Limit, now: number): Limit {
  const over = limit.resets_at != null && Date.parse(limit.resets_at) <= now;
  return over ? { ...limit, used: 0, reserved: 0 } : limit;
}

export const METERS = ["requests", "tokens", "concurrent", "pool_share"] as const satisfies Meter[];
export const WINDOWS = ["minute", "day", "week", "month"] as const satisfies LimitWindow[];

/** Whether it is counted over a window, and not at each moment. */
export function isWindowed(meter: Meter): boolean {
  return meter === "requests" || meter === "tokens";
}

/** What tells two rules of one key apart. */
export function ruleId({ meter, window }: LimitRule): string {
  return isWindowed(meter) ? `${meter}_${window ?? "day"}` : meter;
}
