import { Columns3 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { setDensity, useDensity } from "@/hooks/useDensity";
import { Button } from "../Button";
import { Menu, MenuCheck, MenuNote, MenuSeparator } from "../Menu";
import type { Column } from "./columns";
import type { TableState } from "./useTableState";

interface ViewMenuProps<Row> {
  columns: readonly Column<Row>[];
  state: TableState<Row>;
  /** The headings, by which one sorts, are not to be seen. */
  narrow: boolean;
}

/** Which columns are shown, how close the rows stand, and on a phone what they are sorted by. */
export function ViewMenu<Row>({ columns, state, narrow }: ViewMenuProps<Row>) {
  const { t } = useTranslation();
  const density = useDensity();
  const { shown, table, choose } = state;
  return (
    <Menu
      trigger={
        <Button look="quiet" size="sm">
          <Columns3 size={14} aria-hidden />
          {t("table.view")}
        </Button>
      }
    >
      {narrow &&
        columns.map(({ id, header, sort }) => {
          const column = table.getColumn(id);
          const direction = column?.getIsSorted();
          if (!sort || !column) return null;
          return (
            <MenuCheck key={id} checked={Boolean(direction)} onChange={() => column.toggleSorting()}>
              {t(direction === "desc" ? "table.sorted_down" : "table.sort_by", { column: header })}
            </MenuCheck>
          );
        })}
      {narrow && <MenuSeparator />}
      <MenuNote>{t("table.columns")}</MenuNote>
      {columns
        .filter(({ quiet }) => !quiet)
        .map((column) => (
          <MenuCheck
            key={column.id}
            checked={shown.includes(column)}
            disabled={column.shown === "fixed"}
            onChange={(visible) => choose(column.id, visible)}
          >
            {column.header}
          </MenuCheck>
        ))}
      <MenuSeparator />
      <MenuCheck
        checked={density === "compact"}
        onChange={(compact) => setDensity(compact ? "compact" : "comfortable")}
      >
        {t("table.compact")}
      </MenuCheck>
    </Menu>
  );
}
