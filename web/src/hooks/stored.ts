/** Preferences of this browser. Nothing secret may ever be stored here. */
export type StoredName = "theme" | "language" | "density" | "blur" | "request-views" | `table.${string}`;

export function readStored(name: StoredName): string | null {
  try {
    return localStorage.getItem(`gateway.${name}`);
  } catch {
    return null;
  }
}

export function writeStored(name: StoredName, value: string) {
  try {
    localStorage.setItem(`gateway.${name}`, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as the page.
  }
}
