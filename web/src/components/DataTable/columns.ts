import {
  columnVisibilityFeature,
  createSortedRowModel,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/react-table";
import type { ReactNode } from "react";

/** A column of a `DataTable`. */
export interface Column<Row> {
  /** Names it in what a viewer's browser keeps: it must not change. */
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** What the rows are sorted by. Rows without a value come last; without this, the column is not sorted by. */
  sort?: (row: Row) => string | number | null | undefined;
  /** Sorts from the largest or newest at the first press. */
  largestFirst?: boolean;
  /** `fixed` can't be taken out, `optional` is not shown until it is chosen. */
  shown?: "fixed" | "optional";
  align?: "right";
  /** Its heading is for screen readers only, such as that of buttons. */
  quiet?: boolean;
  /** In rem; long tables need it, whose columns must not move as one scrolls. */
  width?: number;
  /** On a phone: on a line of its own, or after the column's name. */
  narrow?: "line" | "named";
  className?: string;
}

export const features = tableFeatures({
  rowSortingFeature,
  columnVisibilityFeature,
  sortedRowModel: createSortedRowModel(),
});

export type Features = typeof features;

const USUAL_WIDTH = 9;

export const widthOf = <Row>({ width }: Column<Row>) => width ?? USUAL_WIDTH;
