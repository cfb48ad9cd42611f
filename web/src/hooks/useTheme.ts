import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "./stored";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const listeners = new Set<() => void>();
const systemDark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

function asTheme(value: string | null): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

let current = asTheme(readStored("theme"));

// public/theme.js does the same before the first paint.
function paint() {
  const dark = current === "dark" || (current === "system" && systemDark?.matches === true);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
}

systemDark?.addEventListener("change", paint);

export function setTheme(theme: Theme) {
  current = theme;
  writeStored("theme", theme);
  paint();
  for (const listener of listeners) listener();
}

export function useTheme(): Theme {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => current,
  );
}
