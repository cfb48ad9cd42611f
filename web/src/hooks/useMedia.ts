import { useMemo, useSyncExternalStore } from "react";

/** Whether a media query matches, also as it changes. */
export function useMedia(query: string): boolean {
  const media = useMemo(() => globalThis.matchMedia?.(query), [query]);
  return useSyncExternalStore(
    (listener) => {
      media?.addEventListener("change", listener);
      return () => media?.removeEventListener("change", listener);
    },
    () => media?.matches ?? false,
  );
}

/** A phone's width, where the rows of a table are paragraphs. Kept in step with `stack-narrow`. */
export function useNarrow(): boolean {
  return useMedia("(width < 40rem)");
}
