export type { Details } from "./Body";
export type { Column } from "./columns";
export { DataTable, type DataTableProps } from "./DataTable";
export { NONE } from "./None";
export { type Rows, rowsOf } from "./rowsOf";
export { timeColumn } from "./timeColumn";
