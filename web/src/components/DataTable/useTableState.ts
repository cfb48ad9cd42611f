import { type ColumnDef, type ColumnSort, type SortFn, useTable } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, type Features, features } from "./columns";
import { useKept } from "./useKept";

/** Words as the viewer's language orders them, and the numbers in them as numbers. */
function comparer(language: string): SortFn<Features, object> {
  const words = new Intl.Collator(language, { numeric: true, sensitivity: "base" });
  return (one, other, column) => {
    const [a, b] = [one.getValue(column), other.getValue(column)];
    return typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
  };
}

interface TableStateOptions<Row> {
  name: string | undefined;
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  rowId: (row: Row) => string;
  initialSort: ColumnSort | undefined;
}

const NOTHING: never[] = [];

/** What is sorted and shown of a table. */
export function useTableState<Row>({ name, columns, rows, rowId, initialSort }: TableStateOptions<Row>) {
  const { i18n } = useTranslation();
  const [sorting, setSorting] = useState(initialSort ? [initialSort] : []);
  const [chosen, setChosen] = useKept(name);
  const defs = useMemo(() => {
    const compare = comparer(i18n.language);
    return columns.map(
      (column): ColumnDef<Features, object, unknown> => ({
        id: column.id,
        accessorFn: (row) => column.sort?.(row as Row) ?? undefined,
        sortUndefined: "last",
        sortFn: compare,
        sortDescFirst: column.largestFirst ?? false,
        enableSorting: column.sort !== undefined,
      }),
    );
  }, [columns, i18n.language]);
  const columnVisibility = Object.fromEntries(
    columns.map(({ id, shown }) => [id, shown === "fixed" || (chosen[id] ?? shown !== "optional")]),
  );
  const table = useTable({
    features,
    columns: defs,
    data: (rows ?? NOTHING) as readonly object[],
    getRowId: (row) => rowId(row as Row),
    state: { sorting, columnVisibility },
    onSortingChange: setSorting,
  });
  const shown = columns.filter(({ id }) => columnVisibility[id]);
  const sorted = table.getRowModel().rows.map((row) => ({ id: row.id, row: row.original as Row }));
  return {
    table,
    shown,
    sorted,
    choose: (id: string, visible: boolean) => setChosen({ ...chosen, [id]: visible }),
  };
}

export type TableState<Row> = ReturnType<typeof useTableState<Row>>;
