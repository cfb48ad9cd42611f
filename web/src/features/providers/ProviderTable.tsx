import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { type Column, DataTable, NONE, type Rows, timeColumn } from "@/components/DataTable";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useDenied } from "@/hooks/useMay";
import { ModelsDialog } from "./ModelsDialog";
import { ModelCount, ProviderButtons, ProviderName } from "./ProviderCells";
import { ProviderStatusWord } from "./ProviderStatusWord";
import { RemoveDialog } from "./RemoveDialog";

interface ProviderTableProps extends Rows<Provider> {
  onConnect: (name: string) => void;
  onEdit: (name: string) => void;
}

export function ProviderTable({ onConnect, onEdit, ...rows }: ProviderTableProps) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const [removing, setRemoving] = useState<Provider | null>(null);
  const [modelsOf, setModelsOf] = useState<Provider | null>(null);
  const [error, setError] = useState<unknown>(null);
  const columns = useMemo((): Column<Provider>[] => {
    const stateOf = ({ status }: Provider) => t(`providers.state.${status.state}`);
    return [
      {
        id: "account",
        header: t("providers.account"),
        shown: "fixed",
        width: 18,
        narrow: "line",
        sort: (it) => it.display_name || it.name,
        cell: (it) => <ProviderName provider={it} />,
      },
      {
        id: "status",
        header: t("providers.status"),
        shown: "fixed",
        width: 14,
        narrow: "line",
        sort: stateOf,
        cell: ({ status }) => <ProviderStatusWord status={status} />,
      },
      {
        id: "plan",
        header: t("providers.plan"),
        width: 6,
        className: "whitespace-nowrap",
        sort: ({ account }) => account?.plan_type,
        cell: ({ account }) => account?.plan_type ?? NONE,
      },
      {
        id: "models",
        header: t("providers.models"),
        width: 7,
        largestFirst: true,
        className: "tabular whitespace-nowrap",
        sort: ({ model_count }) => model_count,
        cell: (it) => <ModelCount provider={it} onOpen={() => setModelsOf(it)} />,
      },
      {
        id: "pool",
        header: t("requests.pool"),
        shown: "optional",
        narrow: "named",
        className: "whitespace-nowrap",
        sort: ({ pool }) => pool?.owner,
        cell: ({ pool }) => pool?.owner ?? NONE,
      },
      timeColumn({
        id: "created",
        header: t("common.created"),
        shown: "optional",
        at: ({ created_at }) => created_at,
      }),
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 17,
        narrow: "line",
        cell: (it) => (
          <ProviderButtons
            provider={it}
            onConnect={onConnect}
            onEdit={onEdit}
            onRemove={setRemoving}
            onError={setError}
          />
        ),
      },
    ];
  }, [t, onConnect, onEdit]);
  return (
    <>
      {error != null && <ErrorNotice error={error} className="m-3" />}
      <DataTable
        {...rows}
        label={t("providers.title")}
        name="providers"
        columns={columns}
        rowId={({ id }) => id}
        rowData={({ name }) => ({ "data-provider": name })}
        find={(it) =>
          [it.display_name, it.name, it.account?.email, it.account?.plan_type, it.api_base, it.provider_type]
            .concat(t(`providers.state.${it.status.state}`))
            .join(" ")
        }
        onOpen={denied === undefined ? ({ name }) => onEdit(name) : undefined}
      />
      {removing && <RemoveDialog provider={removing} onClose={() => setRemoving(null)} />}
      {modelsOf && <ModelsDialog provider={modelsOf} onClose={() => setModelsOf(null)} />}
    </>
  );
}
