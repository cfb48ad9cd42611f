import { createStore } from "./store";

/** Something that happened elsewhere, or is about to happen and can still be undone. */
export interface Toast {
  id: number;
  tone: "warn" | "bad" | "idle";
  text: string;
  action?: { label: string; run: () => void };
  /** It goes by itself after so long; `null` stays until it is closed. */
  ms: number | null;
}

const MOST = 4;
let count = 0;

export const toasts = createStore<readonly Toast[]>([]);

/** Shows a toast and returns how to take it away. The same words are not shown twice. */
export function showToast(toast: Omit<Toast, "id">): () => void {
  count += 1;
  const id = count;
  const others = toasts.get().filter(({ text }) => text !== toast.text);
  toasts.set([...others.slice(1 - MOST), { ...toast, id }]);
  return () => closeToast(id);
}

export function closeToast(id: number) {
  toasts.set(toasts.get().filter((it) => it.id !== id));
}
