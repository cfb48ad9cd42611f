/** The API key of who looks at its own use without being a user. It lasts as long as the tab. */
const NAME = "gateway.held_key";

export function readHeldKey(): string | null {
  try {
    return sessionStorage.getItem(NAME);
  } catch {
    return null;
  }
}

export function holdKey(key: string | null) {
  try {
    if (key === null) sessionStorage.removeItem(NAME);
    else sessionStorage.setItem(NAME, key);
  } catch {
    // Storage may be forbidden; the key then lasts as long as the page.
  }
}
