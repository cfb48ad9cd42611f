import { defaultRangeExtractor, useVirtualizer } from "@tanstack/react-virtual";

/** From here on a table scrolls by itself, and only the rows in sight are in the page. */
export const LONG = 40;

/** About how high a row is, until it was measured. */
const ESTIMATE = { comfortable: 40, compact: 29, paragraph: 92 } as const;

interface VisibleRowsOptions {
  /** Only what is in sight is wanted. */
  long: boolean;
  box: HTMLElement | null;
  keys: readonly string[];
  /** The row that has the focus stays in the page. */
  active: number;
  look: keyof typeof ESTIMATE;
}

export interface Visible {
  index: number;
  /** The empty height before it. */
  gap: number;
}

/** The rows to render, with the gaps between them. */
export function useVisibleRows({ long, box, keys, active, look }: VisibleRowsOptions) {
  const virtualizer = useVirtualizer<HTMLElement, HTMLTableRowElement>({
    enabled: long,
    count: keys.length,
    getScrollElement: () => box,
    estimateSize: () => ESTIMATE[look],
    getItemKey: (index) => keys[index] ?? index,
    overscan: 12,
    rangeExtractor: (range) => {
      const indexes = defaultRangeExtractor(range);
      if (active < 0 || active >= keys.length || indexes.includes(active)) return indexes;
      return [...indexes, active].sort((a, b) => a - b);
    },
  });
  if (!long) {
    const all = keys.map((_, index): Visible => ({ index, gap: 0 }));
    return { visible: all, rest: 0, measure: undefined, reveal: () => {}, nearEnd: false };
  }
  let end = 0;
  const items = virtualizer.getVirtualItems();
  const visible = items.map(({ index, start, end: next }): Visible => {
    const gap = start - end;
    end = next;
    return { index, gap };
  });
  const last = items.at(-1)?.index ?? 0;
  return {
    visible,
    rest: virtualizer.getTotalSize() - end,
    measure: virtualizer.measureElement,
    reveal: (index: number) => virtualizer.scrollToIndex(index),
    nearEnd: (virtualizer.scrollOffset ?? 0) > 0 && last >= keys.length - 5,
  };
}
