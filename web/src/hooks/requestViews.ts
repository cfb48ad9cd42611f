import { type RequestsSearch, requestsSearch } from "@/routes/search";
import { createStore, useStore } from "./store";
import { readStored, writeStored } from "./stored";

/** Filters that were given a name. */
export interface SavedView {
  name: string;
  search: RequestsSearch;
}

function read(): readonly SavedView[] {
  try {
    const stored: unknown = JSON.parse(readStored("request-views") ?? "[]");
    if (!Array.isArray(stored)) return [];
    return stored.flatMap((it: Partial<SavedView> | null) =>
      typeof it?.name === "string" && typeof it.search === "object" && it.search !== null
        ? [{ name: it.name, search: requestsSearch({ ...it.search }) }]
        : [],
    );
  } catch {
    return [];
  }
}

const views = createStore<readonly SavedView[]>(read());

function keep(next: readonly SavedView[]) {
  writeStored("request-views", JSON.stringify(next));
  views.set(next);
}

/** Keeps a view in this browser; one of the same name is replaced. */
export function saveView({ name, search: { request: _open, ...search } }: SavedView) {
  keep([...views.get().filter((it) => it.name !== name), { name, search }]);
}

export function removeView(name: string) {
  keep(views.get().filter((it) => it.name !== name));
}

export function useSavedViews(): readonly SavedView[] {
  return useStore(views);
}
