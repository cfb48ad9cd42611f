import { useMemo } from "react";

/** The rows that have all the words of `text`, in any order. */
export function useFound<Item>(
  rows: readonly Item[] | undefined,
  find: ((item: Item) => string) | undefined,
  text: string,
): readonly Item[] | undefined {
  // biome-ignore lint/correctness/useExhaustiveDependencies: how a row's words are read does not change
  return useMemo(() => {
    const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    if (!rows || !find || words.length === 0) return rows;
    return rows.filter((item) => {
      const all = find(item).toLocaleLowerCase();
      return words.every((word) => all.includes(word));
    });
  }, [rows, text]);
}
