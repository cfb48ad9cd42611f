import { useSyncExternalStore } from "react";
import { CHART_COLOURS, type ChartColour } from "./chart";

/** What a canvas needs of the tokens: it reads no style sheet. */
export type ChartColours = Record<ChartColour | "line" | "ink" | "surface", string> & { font: string };

const NAMES = [...CHART_COLOURS, "line", "ink", "surface"] as const;
const QUERIES = ["(prefers-contrast: more)", "(prefers-color-scheme: dark)"];

let read: ChartColours | null = null;

function colours(): ChartColours {
  if (read) return read;
  const style = getComputedStyle(document.documentElement);
  const entries = NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "currentColor"]);
  read = { ...Object.fromEntries(entries), font: getComputedStyle(document.body).fontFamily } as ChartColours;
  return read;
}

/** Calls back when the theme, the contrast or the language's font changes. */
function subscribe(listener: () => void): () => void {
  const changed = () => {
    read = null;
    listener();
  };
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme", "data-contrast", "lang"] });
  const lists = QUERIES.map((query) => matchMedia(query));
  for (const list of lists) list.addEventListener("change", changed);
  return () => {
    observer.disconnect();
    for (const list of lists) list.removeEventListener("change", changed);
    read = null;
  };
}

/** The colours of the theme as they are now. */
export function useChartColours(): ChartColours {
  return useSyncExternalStore(subscribe, colours);
}
