import { over } from "./everywhere";
import { createStore } from "./store";

/** Where the help sheet lists a shortcut. */
export type ShortcutGroup = "everywhere" | "go" | "list";

export interface Shortcut {
  /** One key (`j`, `?`), two after each other (`g o`), or with Ctrl or ⌘ (`mod+k`). */
  keys: string;
  /** What it does, in the words of the page. */
  label: string;
  group: ShortcutGroup;
  run: () => void;
  /** Whether it applies at the moment; otherwise another shortcut of the same keys is tried. */
  when?: () => boolean;
}

/** How long the second key of two may take. */
const PAUSE_MS = 1_500;

/** Every shortcut that works on the page at the moment; the one who came last is asked first. */
export const shortcuts = createStore<readonly Shortcut[]>([]);

const TYPED_INTO =
  'textarea, select, [contenteditable=""], [contenteditable="true"], [role="textbox"], [role="combobox"], [role="menu"], [role="listbox"]';
const NOT_TYPED_INTO = new Set(["checkbox", "radio", "button", "submit", "reset", "range", "file", "color"]);

/** Whether what is pressed belongs to a field or an open menu. */
function isTaken(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  if (target instanceof HTMLInputElement) return !NOT_TYPED_INTO.has(target.type);
  return target.closest(TYPED_INTO) !== null;
}

/** A window over the page: what the shortcuts are about is behind it. */
function isCovered(): boolean {
  return over.get() !== null || document.querySelector('[role="dialog"], [role="alertdialog"]') !== null;
}

let first: string | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

function forgetFirst() {
  first = null;
  clearTimeout(timer);
}

function find(keys: string): Shortcut | undefined {
  return shortcuts.get().findLast((it) => it.keys === keys && (it.when?.() ?? true));
}

function pressed(event: KeyboardEvent): string | null {
  if (event.altKey || event.isComposing) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.ctrlKey || event.metaKey ? `mod+${key}` : key;
}

function onKeyDown(event: KeyboardEvent) {
  const key = pressed(event);
  if (key === null || event.defaultPrevented || (event.repeat && key.startsWith("mod+"))) return;
  if (isCovered() || (isTaken(event.target) && !key.startsWith("mod+"))) return forgetFirst();
  const found = (first !== null && find(`${first} ${key}`)) || find(key);
  if (found) {
    forgetFirst();
    event.preventDefault();
    found.run();
    return;
  }
  forgetFirst();
  if (!shortcuts.get().some((it) => it.keys.startsWith(`${key} `))) return;
  first = key;
  timer = setTimeout(forgetFirst, PAUSE_MS);
}

/** Lets shortcuts work until the returned function is called. */
export function addShortcuts(added: readonly Shortcut[]): () => void {
  if (shortcuts.get().length === 0) window.addEventListener("keydown", onKeyDown);
  shortcuts.set([...shortcuts.get(), ...added]);
  return () => {
    const left = shortcuts.get().filter((it) => !added.includes(it));
    shortcuts.set(left);
    if (left.length === 0) window.removeEventListener("keydown", onKeyDown);
  };
}
