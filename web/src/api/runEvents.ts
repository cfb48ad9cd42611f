import type { RunEvent } from "./loop";

const KNOWN: ReadonlySet<string> = new Set<RunEvent["type"]>([
  "run.started",
  "activity",
  "thinking",
  "chunk",
  "tool.call",
  "tool.result",
  "usage",
  "run.retrying",
  "run.completed",
  "run.failed",
  "run.cancelled",
]);

/** Reads one event of a run; `null` for what it does not know. */
export function readRunEvent(data: string): RunEvent | null {
  try {
    const value = JSON.parse(data) as Partial<RunEvent> | null;
    const known = typeof value?.seq === "number" && KNOWN.has(value.type ?? "");
    return known ? (value as RunEvent) : null;
  } catch {
    return null;
  }
}

/** Exactly one of these ends a run. */
export function isTerminal({ type }: Pick<RunEvent, "type">): boolean {
  return type === "run.completed" || type === "run.failed" || type === "run.cancelled";
}
