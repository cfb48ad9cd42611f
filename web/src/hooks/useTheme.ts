import { createStore, useStore } from "./store";
import { readStored, writeStored } from "./stored";

export const THEMES = ["system", "light", "dark", "contrast"] as const;
export type Theme = (typeof THEMES)[number];

const systemDark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
const systemContrast = globalThis.matchMedia?.("(prefers-contrast: more)");

function asTheme(value: string | null): Theme {
  return THEMES.find((theme) => theme === value) ?? "system";
}

const current = createStore(asTheme(readStored("theme")));

function set(theme: "light" | "dark", contrast: boolean) {
  const { dataset } = document.documentElement;
  dataset.theme = theme;
  if (contrast) dataset.contrast = "more";
  else delete dataset.contrast;
}

// public/theme.js does the same before the first paint. High contrast is light or dark as the system is.
function paint() {
  const theme = current.get();
  const dark = theme === "dark" || (theme !== "light" && systemDark?.matches === true);
  set(dark ? "dark" : "light", theme === "contrast" || systemContrast?.matches === true);
}

systemDark?.addEventListener("change", paint);
systemContrast?.addEventListener("change", paint);
// Paper is white.
globalThis.addEventListener?.("beforeprint", () => set("light", false));
globalThis.addEventListener?.("afterprint", paint);

export function setTheme(theme: Theme) {
  current.set(theme);
  writeStored("theme", theme);
  paint();
}

export function useTheme(): Theme {
  return useStore(current);
}
