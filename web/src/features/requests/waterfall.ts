import type { Attempt } from "@/api/types";

/** Where an attempt stands in its request, in percent of the whole time. */
export interface Stretch {
  start: number;
  width: number;
  /** How much of its own width went by until its first event; all of it where none came. */
  waited: number;
}

interface Timed {
  started_at: string;
  duration_ms: number;
}

const NARROWEST = 1;

/** The attempts along the time of their request. */
export function stretches(request: Timed, attempts: readonly Attempt[]): Stretch[] {
  const begin = Date.parse(request.started_at);
  const spans = attempts.map(({ started_at, duration_ms, first_event_ms: first }) => {
    const start = Math.max(0, Date.parse(started_at) - begin);
    const waited = first == null || duration_ms <= 0 ? 100 : Math.min(100, (100 * first) / duration_ms);
    return { start, end: start + duration_ms, waited };
  });
  const total = Math.max(request.duration_ms, 1, ...spans.map(({ end }) => end));
  return spans.map(({ start, end, waited }) => {
    const from = Math.min(100 - NARROWEST, (100 * start) / total);
    const width = Math.min(100 - from, Math.max(NARROWEST, (100 * (end - start)) / total));
    return { start: from, width, waited };
  });
}
