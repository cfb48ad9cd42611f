import { createStore } from "./store";

/** What is open over any page. */
export const over = createStore<"palette" | "help" | null>(null);

/** Whether this keyboard has a ⌘ where others have Ctrl. */
const isApple = /Mac|iPhone|iPad/.test(globalThis.navigator?.userAgent ?? "");

const NAMES: Record<string, string> = { mod: isApple ? "⌘" : "Ctrl", Enter: "↵" };

/** The keys of a shortcut one by one, as they stand on the keyboard. */
export function keysOf(keys: string): string[] {
  return keys.split(/[ +]/).map((key) => NAMES[key] ?? key.toUpperCase());
}
