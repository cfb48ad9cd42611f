import { Fragment, type ReactNode, useCallback, useEffect, useId, useMemo, useState } from "react";
import type { Density } from "@/hooks/useDensity";
import { cx } from "../cx";
import type { Pages } from "../MoreRows";
import type { Column } from "./columns";
import { Row } from "./Row";
import { useTableKeys } from "./useTableKeys";
import { useVisibleRows } from "./useVisibleRows";

/** What a row unfolds to, and the name of the button that unfolds it. */
export interface Details<Item> {
  label: (item: Item) => string;
  render: (item: Item) => ReactNode;
}

export interface BodyOptions<Item> {
  rowData?: ((item: Item) => Record<`data-${string}`, string>) | undefined;
  onOpen?: ((item: Item) => void) | undefined;
  isCurrent?: ((item: Item) => boolean) | undefined;
  details?: Details<Item> | undefined;
  /** What stands below each row, over its whole width; a row has this or details. */
  below?: ((item: Item) => ReactNode) | undefined;
  more?: Pages | undefined;
}

interface BodyProps<Item> extends BodyOptions<Item> {
  box: HTMLElement | null;
  /** It scrolls by itself. */
  long: boolean;
  sorted: readonly { id: string; row: Item }[];
  columns: readonly Column<Item>[];
  density: Density;
  narrow: boolean;
}

type Line<Item> = { key: string; id: string; row: Item; unfolded: boolean; place: number };

/** The rows, those that are unfolded followed by what they unfold to. */
function linesOf<Item>(sorted: BodyProps<Item>["sorted"], open: ReadonlySet<string> | "all"): Line<Item>[] {
  return sorted.flatMap(({ id, row }, place) => {
    const line = { key: id, id, row, unfolded: false, place };
    return open === "all" || open.has(id) ? [line, { ...line, key: `${id} +`, unfolded: true }] : [line];
  });
}

export function Body<Item>({
  box,
  long,
  sorted,
  columns,
  density,
  narrow,
  details,
  below,
  more,
  ...options
}: BodyProps<Item>) {
  const base = useId();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [active, setActive] = useState<string | null>(null);
  const unfolded = below ? "all" : open;
  // Not anew with every step of scrolling: there may be ten thousand.
  const lines = useMemo(() => linesOf(sorted, unfolded), [sorted, unfolded]);
  const keys = useMemo(() => lines.map(({ key }) => key), [lines]);
  const ids = useMemo(() => sorted.map(({ id }) => id), [sorted]);
  const look = narrow ? "paragraph" : density;
  const { visible, rest, measure, reveal, nearEnd } = useVisibleRows({
    long,
    box,
    keys,
    active: active === null ? -1 : keys.indexOf(active),
    look,
  });
  useTableKeys({
    box,
    ids,
    active,
    onMove: (id) => {
      setActive(id);
      reveal(keys.indexOf(id));
    },
    acts: options.onOpen !== undefined || details !== undefined,
  });
  const fetchNow = nearEnd && more?.hasNextPage === true && !more.isFetchingNextPage;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, as the end comes near
  useEffect(() => {
    if (fetchNow) void more?.fetchNextPage();
  }, [fetchNow]);
  const toggle = useCallback((id: string) => {
    setOpen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const span = columns.length + (details ? 1 : 0);
  return (
    <tbody className={rest > 0 ? undefined : "sm:[&>tr:last-child>td]:border-b-0"}>
      {visible.map(({ index, gap }) => {
        const line = lines[index];
        if (!line) return null;
        const { id, row, place } = line;
        return (
          <Fragment key={line.key}>
            {gap > 0 && <Gap height={gap} span={span} />}
            {line.unfolded ? (
              <tr ref={measure} data-index={index} id={`${base}-${id}`}>
                <td
                  colSpan={span}
                  className={cx(
                    "own-line sm:border-line sm:border-b sm:px-3",
                    below ? "sm:pb-2" : "bg-sunken py-2 max-sm:px-3",
                  )}
                >
                  {(below ?? details?.render)?.(row)}
                </td>
              </tr>
            ) : (
              <Row
                item={row}
                id={id}
                index={index}
                columns={columns}
                rowData={options.rowData}
                rowIndex={long ? place + 2 : undefined}
                dense={density === "compact"}
                clipped={long}
                narrow={narrow}
                joined={below !== undefined}
                current={options.isCurrent?.(row) ?? false}
                unfolds={details?.label}
                open={open.has(id)}
                panel={`${base}-${id}`}
                onToggle={toggle}
                onOpen={options.onOpen}
                onFocus={setActive}
                measure={measure}
              />
            )}
          </Fragment>
        );
      })}
      {rest > 0 && <Gap height={rest} span={span} />}
    </tbody>
  );
}

/** The place of rows that are out of sight. */
function Gap({ height, span }: { height: number; span: number }) {
  return (
    <tr aria-hidden className="gap" style={{ height }}>
      <td colSpan={span} className="p-0" />
    </tr>
  );
}
