import { RelativeTime } from "../RelativeTime";
import type { Column } from "./columns";
import { NONE } from "./None";

interface TimeColumn<Row> extends Omit<Column<Row>, "cell" | "sort"> {
  at: (row: Row) => string | null | undefined;
  /** What is said of a row without one. */
  never?: string;
}

/** When something of a row was, the newest first. */
export function timeColumn<Row>({ at, never, ...column }: TimeColumn<Row>): Column<Row> {
  const none = never === undefined ? NONE : <span className="text-muted">{never}</span>;
  return {
    narrow: "named",
    largestFirst: true,
    sort: at,
    cell: (row) => {
      const time = at(row);
      return time ? <RelativeTime at={time} /> : none;
    },
    ...column,
  };
}
