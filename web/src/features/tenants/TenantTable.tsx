import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { type Column, DataTable, NONE, type Rows, timeColumn } from "@/components/DataTable";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useFormat } from "@/i18n/format";
import { TenantButtons, TenantName } from "./TenantCells";

interface TenantTableProps extends Rows<TenantDetails> {
  /** The one that is shown at the moment. */
  current: string | undefined;
  onEdit: (tenant: TenantDetails) => void;
  onDelete: (tenant: TenantDetails) => void;
}

export function TenantTable({ current, onEdit, onDelete, ...rows }: TenantTableProps) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const [error, setError] = useState<unknown>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo((): Column<TenantDetails>[] => {
    const count = (id: "members" | "providers" | "agents", header: string): Column<TenantDetails> => ({
      id,
      header,
      align: "right",
      width: 7,
      narrow: "named",
      largestFirst: true,
      sort: (tenant) => tenant[id],
      cell: ({ [id]: value }) => (value === undefined ? NONE : format.whole(value)),
    });
    return [
      {
        id: "name",
        header: t("tenants.name"),
        shown: "fixed",
        width: 16,
        narrow: "line",
        sort: ({ name }) => name,
        cell: (tenant) => <TenantName tenant={tenant} current={tenant.id === current} />,
      },
      count("members", t("tenants.members")),
      count("providers", t("providers.title")),
      count("agents", t("agents.title")),
      timeColumn({ id: "created", header: t("common.created"), at: ({ created_at }) => created_at }),
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 13,
        narrow: "line",
        cell: (tenant) => (
          <TenantButtons
            tenant={tenant}
            current={tenant.id === current}
            onEdit={onEdit}
            onDelete={onDelete}
            onError={setError}
          />
        ),
      },
    ];
  }, [i18n.language, current, onEdit, onDelete]);
  return (
    <>
      {error != null && <ErrorNotice error={error} className="m-3" />}
      <DataTable
        {...rows}
        label={t("tenants.title")}
        name="tenants"
        columns={columns}
        rowId={({ id }) => id}
        rowData={({ slug }) => ({ "data-tenant": slug })}
        isCurrent={({ id }) => id === current}
        expected={2}
        find={({ name, slug }) => `${name} ${slug}`}
        onOpen={onEdit}
      />
    </>
  );
}
