import type { ProviderQuota, QuotaWindow, WindowForecast } from "@/api/types";

const ORDER: Record<QuotaWindow["kind"], number> = { five_hour: 0, weekly: 1, monthly: 2, other: 3 };

/** The account's own windows first, then the meters of single models; the short before the long. */
export function sortWindows(windows: readonly QuotaWindow[]): QuotaWindow[] {
  const rank = (it: QuotaWindow) => [it.meter === null ? 0 : 1, ORDER[it.kind], it.length_seconds];
  return [...windows].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    for (const [index, value] of left.entries()) {
      const difference = value - (right[index] ?? 0);
      if (difference !== 0) return difference;
    }
    return (a.meter ?? "").localeCompare(b.meter ?? "");
  });
}

/** When the window starts anew. */
export function resetOf({ reset_at, reset_after_seconds, observed_at }: QuotaWindow): string | null {
  if (reset_at !== null) return reset_at;
  const observed = Date.parse(observed_at);
  if (reset_after_seconds === null || Number.isNaN(observed)) return null;
  return new Date(observed + reset_after_seconds * 1000).toISOString();
}

/** Percent left; `null` after a reset that nobody has read since: what was read before it is history. */
export function remainingOf(window: QuotaWindow, now: number): number | null {
  const reset = resetOf(window);
  if (reset !== null && Date.parse(reset) <= now) return null;
  return Math.min(100, Math.max(0, window.remaining_percent));
}

export type Level = "plenty" | "low" | "last" | "empty" | "unknown";

export function levelOf(remaining: number | null): Level {
  if (remaining === null) return "unknown";
  if (remaining <= 0) return "empty";
  if (remaining < 10) return "last";
  return remaining < 30 ? "low" : "plenty";
}

/** The forecast for a window. */
export function forecastFor(quota: ProviderQuota, window: QuotaWindow): WindowForecast | null {
  return quota.forecast.find((it) => it.label === window.label && it.meter === window.meter) ?? null;
}

/** When a forecast says that the window runs out. */
export function runsOutAt(
  { runs_out_at, runs_out_in_seconds }: WindowForecast,
  generatedAt: string,
): string | null {
  if (runs_out_at !== null) return runs_out_at;
  if (runs_out_in_seconds === null) return null;
  return new Date(Date.parse(generatedAt) + runs_out_in_seconds * 1000).toISOString();
}

/**
 * Percent that will be left at the reset when the window is used on as it was so far; `null` where the gateway's own
 * forecast says nothing, or the window has only begun.
 */
export function ghostOf(window: QuotaWindow, forecast: WindowForecast | null, now: number): number | null {
  const left = remainingOf(window, now);
  const reset = resetOf(window);
  if (left === null || reset === null || forecast === null || forecast.verdict === "unknown") return null;
  if (forecast.verdict === "runs_out") return 0;
  const length = window.length_seconds * 1000;
  const elapsed = length - (Date.parse(reset) - now);
  if (elapsed < length * 0.02) return null;
  return Math.max(0, Math.min(left, 100 - ((100 - left) * length) / elapsed));
}
