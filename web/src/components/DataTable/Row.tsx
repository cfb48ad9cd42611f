import { ChevronRight } from "lucide-react";
import type { KeyboardEvent, MouseEvent, ReactNode } from "react";
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

export interface Unfolding {
  open: boolean;
  label: string;
  /** Of what it unfolds. */
  id: string;
  toggle: () => void;
}

interface RowProps<Item> {
  item: Item;
  id: string;
  columns: readonly Column<Item>[];
  data: Record<`data-${string}`, string> | undefined;
  /** Counted from 1 with the heading; only where not all rows are in the page. */
  rowIndex: number | undefined;
  dense: boolean;
  /** The columns keep their width, so what is too long is cut. */
  clipped: boolean;
  narrow: boolean;
  /** It goes on below: no line between the two. */
  joined: boolean;
  current: boolean;
  unfolding: Unfolding | undefined;
  onOpen: (() => void) | undefined;
  onFocus: () => void;
  measure: ((row: HTMLTableRowElement | null) => void) | undefined;
  index: number;
}

export function Row<Item>({
  item,
  id,
  columns,
  data,
  rowIndex,
  dense,
  clipped,
  narrow,
  joined,
  current,
  unfolding,
  onOpen,
  onFocus,
  measure,
  index,
}: RowProps<Item>) {
  const act = onOpen ?? unfolding?.toggle;
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
      {...data}
      tabIndex={-1}
      aria-rowindex={rowIndex}
      aria-current={current || undefined}
      onKeyDown={onKeyDown}
      onFocus={onFocus}
      onClick={act && ((event) => isOfRow(event) && act())}
      className={cx(
        "-outline-offset-2 hover:bg-hover focus-visible:bg-hover",
        act && "cursor-pointer",
        joined && "max-sm:border-b-0 max-sm:pb-0",
        current && "bg-accent-soft",
      )}
    >
      {unfolding && (
        <td className={cx(cell, "unfold w-6 sm:w-8 sm:pr-0")}>
          <button
            type="button"
            aria-expanded={unfolding.open}
            aria-controls={unfolding.open ? unfolding.id : undefined}
            aria-label={unfolding.label}
            title={unfolding.label}
            onClick={unfolding.toggle}
            className="grid size-6 place-items-center rounded-sm text-muted hover:text-ink"
          >
            <ChevronRight
              size={14}
              aria-hidden
              className={cx("transition-transform", unfolding.open && "rotate-90")}
            />
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

function Named({ by, children }: { by: string | null; children: ReactNode }) {
  return (
    <>
      {by !== null && <span className="text-muted">{by} </span>}
      {children}
    </>
  );
}
