import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { Part, State } from "./State";

interface Item {
  name: string;
  size: number;
}

const ITEMS: Item[] = ["ada", "grace", "linus"].map((name, index) => ({ name, size: (index * 37) % 50 }));

/** The table in each of its states. */
export function Tables() {
  const { t } = useTranslation();
  const columns = useMemo(
    (): Column<Item>[] => [
      {
        id: "name",
        header: t("keys.name"),
        shown: "fixed",
        sort: ({ name }) => name,
        cell: ({ name }) => name,
      },
      {
        id: "size",
        header: t("requests.tokens"),
        align: "right",
        sort: ({ size }) => size,
        cell: ({ size }) => size,
      },
    ],
    [t],
  );
  const base = { columns, rowId: ({ name }: Item) => name };
  const empty = <EmptyState title={t("requests.none_match_title")}>{t("requests.none_match")}</EmptyState>;
  return (
    <Part name="DataTable">
      <State of="normal" wide>
        <DataTable
          {...base}
          label="normal"
          name="gallery"
          find={({ name }) => name}
          rows={ITEMS}
          initialSort={{ id: "size", desc: true }}
        />
      </State>
      <State of="loading" wide>
        <DataTable {...base} label="loading" rows={undefined} />
      </State>
      <State of="empty" wide>
        <DataTable {...base} label="empty" rows={[]} empty={empty} />
      </State>
      <State of="error" wide>
        <DataTable
          {...base}
          label="error"
          rows={undefined}
          error={new Error(t("errors.connection"))}
          onRetry={() => {}}
        />
      </State>
    </Part>
  );
}
