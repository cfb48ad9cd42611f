import type { Attempt } from "@/api/types";

/** Where an attempt stands in its request, in percent of the whole time. */
export interface Stretch {
  start: number;
  width: number;
}

interface Timed {
  started_at: string;
  duration_ms: number;
}

const NARROWEST = 1;

/** Attempts without a start of their own stand one after the other. */
export function stretches(request: Timed, attempts: readonly Attempt[]): Stretch[] {
  const begin = Date.parse(request.started_at);
  let after = 0;
  const spans = attempts.map(({ started_at, duration_ms }) => {
    const start = started_at ? Math.max(0, Date.parse(started_at) - begin) : after;
    after = start + duration_ms;
    return { start, end: after };
  });
  const total = Math.max(request.duration_ms, 1, ...spans.map(({ end }) => end));
  return spans.map(({ start, end }) => {
    const from = Math.min(100 - NARROWEST, (100 * start) / total);
    return { start: from, width: Math.min(100 - from, Math.max(NARROWEST, (100 * (end - start)) / total)) };
  });
}
