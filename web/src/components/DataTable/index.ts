export type { Details } from "./Body";
export type { Column } from "./columns";
export { DataTable, type DataTableProps } from "./DataTable";
