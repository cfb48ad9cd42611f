import type { UsageCounters } from "@/api/types";

/** Of what came to an end by itself, how much was answered; `null` when nothing did. */
export function successRate({ completed, incomplete, failed }: UsageCounters): number | null {
  const ended = completed + incomplete + failed;
  return ended === 0 ? null : (completed + incomplete) / ended;
}

export function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

export function tokensOf({ input_tokens, output_tokens }: UsageCounters): number {
  return input_tokens + output_tokens;
}

/** How much more `now` is than `then`, as a share of `then`; `null` where that says nothing. */
export function growth(now: number | null, then: number | null | undefined): number | null {
  return now === null || then == null || then === 0 ? null : now / then - 1;
}
