import type { DataTableProps } from "./DataTable";

/** Where a table's rows come from: they, or that they are loading, or what went wrong. */
export type Rows<Item> = Pick<DataTableProps<Item>, "rows" | "error" | "onRetry" | "empty">;

interface Query<Item> {
  data: readonly Item[] | undefined;
  error: unknown;
  refetch: () => unknown;
}

/** The rows of a query. */
export function rowsOf<Item>({ data, error, refetch }: Query<Item>): Rows<Item> {
  return { rows: data, error, onRetry: () => void refetch() };
}
