import type { Capacity, CapacityWindow, Overview } from "@/api/types";
import type { Tone } from "@/components/StatusWord";

/** The page in one sentence: what to say, how serious it is, and what it speaks of. */
export interface Headline {
  code: "none" | "incident" | "nobody" | "empty" | "runs_out" | "waits" | "lasts" | "unknown";
  tone: Tone;
  ready: number;
  total: number;
  waiting: number;
  /** The window that it is about. */
  window: CapacityWindow | null;
}

/** The window that ends first of those that run out. */
function shortest(capacity: Capacity | undefined): CapacityWindow | null {
  const all = (capacity?.windows ?? []).filter(({ forecast }) => forecast.verdict === "runs_out");
  const end = ({ forecast }: CapacityWindow) => Date.parse(forecast.runs_out_at ?? "9999-01-01");
  return all.sort((a, b) => end(a) - end(b))[0] ?? null;
}

/** Is the pool all right, does it last until the reset, and does anybody have to do something? */
export function headlineOf(overview: Overview, capacity: Capacity | undefined): Headline {
  const { providers, attention, incident } = overview;
  const windows = capacity?.windows ?? [];
  const empty = windows.find(({ remaining_percent: left }) => left !== null && left < 1) ?? null;
  const runsOut = shortest(capacity);
  const waiting = attention.filter(({ severity }) => severity === "now").length;
  const said = (code: Headline["code"], tone: Tone, window: CapacityWindow | null = null): Headline => ({
    code,
    tone,
    ready: providers.ready,
    total: providers.total - providers.disabled,
    waiting,
    window,
  });
  if (providers.total === 0) return said("none", "idle");
  if (incident) return said("incident", "bad");
  if (providers.ready === 0) return said("nobody", "bad");
  if (empty) return said("empty", "bad", empty);
  if (runsOut) return said("runs_out", "warn", runsOut);
  if (waiting > 0) return said("waits", "warn");
  const lasts = windows.length > 0 && windows.every(({ forecast }) => forecast.verdict === "lasts");
  return said(lasts ? "lasts" : "unknown", "good");
}
