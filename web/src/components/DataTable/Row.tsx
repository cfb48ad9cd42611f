import { ChevronRight } from "lucide-react";
import { type KeyboardEvent, type MouseEvent, memo, type ReactNode } from "react";
import { cx } from "../cx";
import type { Column } from "./columns";

const OF_THEIR_OWN = "a, button, input, select, textarea, label, summary, [role=menuitem]";

/** Whether a press was meant for the row, and for nothing in it (menus are rendered elsewhere, but bubble through). */
function isOfRow(event: MouseEvent<HTMLElement>): boolean {
  const { currentTarget, target } = event;
  if (!(target instanceof Element) || !currentTarget.contains(target)) return false;
  if (target.closest(OF_THEIR_OWN)) return false;
  // Somebody who selects text to copy it opens nothing.
  return (window.getSelection()?.toString() ?? "") === "";
}

interface RowProps<Item> {
  item: Item;
  id: string;
  columns: readonly Column<Item>[];
  rowData: ((item: Item) => Record<`data-${string}`, string>) | undefined;
  /** Counted from 1 with the heading; only where not all rows are in the page. */
  rowIndex: number | undefined;
  dense: boolean;
  /** The columns keep their width, so what is too long is cut. */
  clipped: boolean;
  narrow: boolean;
  /** It goes on below: no line between the two. */
  joined: boolean;
  current: boolean;
  /** It unfolds: what the button that does it is called. */
  unfolds: ((item: Item) => string) | undefined;
  /** It is unfolded. */
  open: boolean;
  /** The id of what it unfolds to. */
  panel: string;
  onToggle: (id: string) => void;
  onOpen: ((item: Item) => void) | undefined;
  onFocus: (id: string) => void;
  measure: ((row: HTMLTableRowElement | null) => void) | undefined;
  index: number;
}

function PlainRow<Item>({
  item,
  id,
  columns,
  rowData,
  rowIndex,
  dense,
  clipped,
  narrow,
  joined,
  current,
  unfolds,
  open,
  panel,
  onToggle,
  onOpen,
  onFocus,
  measure,
  index,
}: RowProps<Item>) {
  const toggle = () => onToggle(id);
  const act = onOpen ? () => onOpen(item) : unfolds && toggle;
  const label = unfolds?.(item);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.target !== event.currentTarget) return;
    event.preventDefault();
    act?.();
  };
  const cell = cx(
    "align-middle sm:px-3",
    !joined && "sm:border-line sm:border-b",
    dense ? "sm:py-0.5" : "sm:py-1.5",
  );
  return (
    <tr
      ref={measure}
      data-index={index}
      data-row={id}
      {...rowData?.(item)}
      tabIndex={-1}
      aria-rowindex={rowIndex}
      aria-current={current || undefined}
      onKeyDown={onKeyDown}
      onFocus={() => onFocus(id)}
      onClick={act && ((event) => isOfRow(event) && act())}
      className={cx(
        "-outline-offset-2 hover:bg-hover focus-visible:bg-hover",
        act && "cursor-pointer",
        joined && "max-sm:border-b-0 max-sm:pb-0",
        current && "bg-accent-soft",
      )}
    >
      {unfolds && (
        <td className={cx(cell, "unfold w-6 sm:w-8 sm:pr-0")}>
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? panel : undefined}
            aria-label={label}
            title={label}
            onClick={toggle}
            className="grid size-6 place-items-center rounded-sm text-muted hover:text-ink"
          >
            <ChevronRight size={14} aria-hidden className={cx("transition-transform", open && "rotate-90")} />
          </button>
        </td>
      )}
      {columns.map((column) => (
        <td
          key={column.id}
          className={cx(
            cell,
            column.align === "right" && "tabular sm:text-right",
            column.narrow === "line" && "own-line",
            clipped && "sm:overflow-hidden sm:text-ellipsis",
            column.className,
          )}
        >
          <Named by={narrow && column.narrow === "named" ? column.header : null}>{column.cell(item)}</Named>
        </td>
      ))}
    </tr>
  );
}

/** A row that stays in sight while one scrolls is not made again. */
export const Row = memo(PlainRow) as typeof PlainRow;

function Named({ by, children }: { by: string | null; children: ReactNode }) {
  return (
    <>
      {by !== null && <span className="text-muted">{by} </span>}
      {children}
    </>
  );
}
