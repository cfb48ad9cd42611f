import type { ColumnSort } from "@tanstack/react-table";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDensity } from "@/hooks/useDensity";
import { useNarrow } from "@/hooks/useMedia";
import { cx } from "../cx";
import { ErrorNotice } from "../ErrorNotice";
import { MoreRows } from "../MoreRows";
import { SearchBox } from "../SearchBox";
import { Body, type BodyOptions } from "./Body";
import { type Column, widthOf } from "./columns";
import { Head } from "./Head";
import { LoadingRows } from "./LoadingRows";
import { useFound } from "./useFound";
import { useTableState } from "./useTableState";
import { LONG } from "./useVisibleRows";
import { ViewMenu } from "./ViewMenu";

export interface DataTableProps<Item> extends BodyOptions<Item> {
  label: string;
  /** Of what the browser keeps of the viewer's choice; a table without a name has nothing to choose. */
  name?: string;
  /** Keep the list itself the same from one rendering to the next (`useMemo`). */
  columns: readonly Column<Item>[];
  /** `undefined` while they are loading. */
  rows: readonly Item[] | undefined;
  rowId: (item: Item) => string;
  initialSort?: ColumnSort;
  error?: unknown;
  onRetry?: () => void;
  /** About how many there will be: so many grey lines hold their place. */
  expected?: number;
  /** In the place of the rows when there are none. */
  empty?: ReactNode;
  /** What of a row is searched when the viewer looks for words; without it there is no search. */
  find?: (item: Item) => string;
  /** At the left, over the table: a search of the page's own, filters. */
  toolbar?: ReactNode;
}

/**
 * The one table: sorted, with columns to choose, walked with `j` and `k`. A long one scrolls by itself and holds only
 * the rows in sight; on a phone each row is a small paragraph.
 */
export function DataTable<Item>({
  label,
  name,
  columns,
  rows,
  rowId,
  initialSort,
  error,
  onRetry,
  expected = 6,
  empty,
  find,
  toolbar,
  ...body
}: DataTableProps<Item>) {
  const { t } = useTranslation();
  const [box, setBox] = useState<HTMLElement | null>(null);
  const [text, setText] = useState("");
  const density = useDensity();
  const narrow = useNarrow();
  const found = useFound(rows, find, text);
  const state = useTableState({ name, columns, rows: found, rowId, initialSort });
  const { shown, sorted } = state;
  const long = sorted.length > LONG;
  const none = found?.length === 0 && text !== "" && rows?.length !== 0;
  const bare = rows?.length === 0 && empty !== undefined;
  const unfolds = body.details !== undefined;
  const failure = error != null && (
    <ErrorNotice error={error} {...(onRetry && { onRetry })} className="m-3" />
  );
  return (
    <>
      {(toolbar || (!bare && (name || find))) && (
        <div className="flex flex-wrap items-center gap-2 border-line border-b px-2 py-1">
          <div className="flex min-w-0 flex-1 flex-wrap items-center gap-2">
            {find && !bare && <SearchBox main value={text} label={t("table.find")} onChange={setText} />}
            {toolbar}
          </div>
          {name && !bare && <ViewMenu columns={columns} state={state} narrow={narrow} />}
        </div>
      )}
      {failure}
      {bare && empty}
      <p role="status" className={none ? "px-3.5 py-6 text-center text-muted" : "sr-only"}>
        {none && t("table.none_found", { text })}
        {rows === undefined && !failure && t("common.loading")}
      </p>
      {(rows === undefined ? !failure : !none && !bare) && (
        <section
          ref={setBox}
          data-table
          aria-label={label}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          className={cx(
            "relative overflow-auto -outline-offset-2",
            long && "max-h-[max(20rem,calc(100dvh-12rem))]",
          )}
        >
          <table
            aria-label={label}
            aria-busy={rows === undefined || undefined}
            aria-rowcount={long ? (body.more?.hasNextPage ? -1 : sorted.length + 1) : undefined}
            className={cx(
              "stack-narrow w-full border-separate border-spacing-0 text-left text-sm",
              long && !narrow && "table-fixed",
            )}
            style={
              long && !narrow
                ? { minWidth: `${shown.reduce((sum, it) => sum + widthOf(it), 0)}rem` }
                : undefined
            }
          >
            {long && !narrow && (
              <colgroup>
                {unfolds && <col className="w-8" />}
                {shown.map((column) => (
                  <col key={column.id} style={{ width: `${widthOf(column)}rem` }} />
                ))}
              </colgroup>
            )}
            <Head state={state} unfolds={unfolds} sticky={long} narrow={narrow} />
            {rows === undefined ? (
              <LoadingRows columns={shown.length + (unfolds ? 1 : 0)} rows={expected} />
            ) : (
              <Body
                box={box}
                long={long}
                sorted={sorted}
                columns={shown}
                density={density}
                narrow={narrow}
                {...body}
              />
            )}
          </table>
        </section>
      )}
      {body.more && sorted.length > 0 && <MoreRows query={body.more} />}
    </>
  );
}
