import type { ChartColour } from "@/components/charts/chart";
import type { Level } from "./windows";

/** The colour of a bar or a gauge; the word stands beside it. */
export const LEVEL_COLOURS: Record<Level, ChartColour> = {
  plenty: "good",
  low: "warn",
  last: "bad",
  empty: "bad",
  unknown: "idle",
};
