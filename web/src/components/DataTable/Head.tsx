import { ArrowDown, ArrowUp, ArrowUpDown } from "lucide-react";
import { cx } from "../cx";
import type { Column } from "./columns";
import type { TableState } from "./useTableState";

const ICONS = { asc: ArrowUp, desc: ArrowDown, none: ArrowUpDown };
const SAID = { asc: "ascending", desc: "descending", none: "none" } as const;

interface HeadProps<Row> {
  state: TableState<Row>;
  /** There is a column before the others, for what rows unfold. */
  unfolds: boolean;
  sticky: boolean;
  /** On a phone the sorting is chosen in the menu. */
  narrow: boolean;
}

export function Head<Row>({ state, unfolds, sticky, narrow }: HeadProps<Row>) {
  return (
    <thead>
      <tr>
        {unfolds && <th className={cellClass(sticky)} aria-hidden />}
        {state.shown.map((column) => (
          <HeadCell key={column.id} column={column} state={state} sticky={sticky} plain={narrow} />
        ))}
      </tr>
    </thead>
  );
}

function cellClass(sticky: boolean, align?: "right"): string {
  return cx(
    "whitespace-nowrap border-line border-b px-3 py-1.5 font-medium text-muted text-xs",
    align === "right" && "text-right",
    sticky && "sticky top-0 z-10 bg-surface",
  );
}

interface HeadCellProps<Row> {
  column: Column<Row>;
  state: TableState<Row>;
  sticky: boolean;
  plain: boolean;
}

function HeadCell<Row>({ column, state, sticky, plain }: HeadCellProps<Row>) {
  const { id, header, sort, align, quiet } = column;
  const className = cellClass(sticky, align);
  if (!sort || plain)
    return (
      <th scope="col" className={className}>
        <span className={quiet ? "sr-only" : undefined}>{header}</span>
      </th>
    );
  const own = state.table.getColumn(id);
  const direction = own?.getIsSorted() || "none";
  const Icon = ICONS[direction];
  return (
    <th scope="col" aria-sort={SAID[direction]} className={className}>
      <button
        type="button"
        onClick={() => own?.toggleSorting()}
        className={cx(
          "group -mx-1 inline-flex items-center gap-1 rounded-sm px-1 hover:text-ink",
          align === "right" && "flex-row-reverse",
          direction !== "none" && "text-ink",
        )}
      >
        {header}
        <Icon
          size={12}
          aria-hidden
          className={cx(
            direction === "none" && "opacity-0 group-hover:opacity-60 group-focus-visible:opacity-60",
          )}
        />
      </button>
    </th>
  );
}
