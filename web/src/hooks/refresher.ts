import type { QueryClient, QueryKey } from "@tanstack/react-query";

const GATHER_MS = 2_000;

/** A list of which more than the first page is loaded: reading all its pages again would move it under the reader. */
function isLongList(data: unknown): boolean {
  const pages = (data as { pages?: unknown } | undefined)?.pages;
  return Array.isArray(pages) && pages.length > 1;
}

/** Makes the cache look again, at most once in two seconds however many events come. */
export function createRefresher(queries: QueryClient) {
  const waiting = new Map<string, QueryKey>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    const all = [...waiting.values()];
    waiting.clear();
    for (const queryKey of all) {
      void queries.invalidateQueries({ queryKey, predicate: (query) => !isLongList(query.state.data) });
    }
  };
  return {
    add(changed: readonly QueryKey[]) {
      for (const key of changed) waiting.set(JSON.stringify(key), key);
      if (waiting.size > 0) timer ??= setTimeout(flush, GATHER_MS);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
