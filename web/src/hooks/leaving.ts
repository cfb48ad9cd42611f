import { createStore } from "./store";

/** Of every form on the page: whether something is written in it and not saved. */
const unsaved = new Set<() => boolean>();

export function watchUnsaved(isUnsaved: () => boolean): () => void {
  unsaved.add(isUnsaved);
  return () => unsaved.delete(isUnsaved);
}

/** What would lose something that is not saved, and waits for a yes. */
export const leaving = createStore<(() => void) | null>(null);

/** Does what takes the whole page away, such as signing out; asks first where something is not saved. */
export function leave(run: () => void) {
  if ([...unsaved].some((isUnsaved) => isUnsaved())) leaving.set(run);
  else run();
}
