/** Preferences of this browser. Nothing secret may ever be stored here. */
export function readStored(name: "theme" | "language"): string | null {
  try {
    return localStorage.getItem(`gateway.${name}`);
  } catch {
    return null;
  }
}

export function writeStored(name: "theme" | "language", value: string) {
  try {
    localStorage.setItem(`gateway.${name}`, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
