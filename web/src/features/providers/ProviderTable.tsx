import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Table, Th } from "@/components/Table";
import { ModelsDialog } from "./ModelsDialog";
import { ProviderRow } from "./ProviderRow";
import { RemoveDialog } from "./RemoveDialog";

export interface ProviderActions {
  onConnect: (name: string) => void;
  onEdit: (name: string) => void;
}

export function ProviderTable({ providers, ...actions }: ProviderActions & { providers: Provider[] }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState<Provider | null>(null);
  const [modelsOf, setModelsOf] = useState<Provider | null>(null);
  const [error, setError] = useState<unknown>(null);
  return (
    <>
      {error != null && <ErrorNotice error={error} className="m-3" />}
      <Table label={t("providers.title")}>
        <thead>
          <tr>
            <Th>{t("providers.account")}</Th>
            <Th>{t("providers.status")}</Th>
            <Th>{t("providers.plan")}</Th>
            <Th>{t("providers.models")}</Th>
            <Th>
              <span className="sr-only">{t("common.actions")}</span>
            </Th>
          </tr>
        </thead>
        <tbody className="sm:[&>tr:last-child>td]:border-b-0">
          {providers.map((provider) => (
            <ProviderRow
              key={provider.id}
              provider={provider}
              {...actions}
              onRemove={() => setRemoving(provider)}
              onModels={() => setModelsOf(provider)}
              onError={setError}
            />
          ))}
        </tbody>
      </Table>
      {removing && <RemoveDialog provider={removing} onClose={() => setRemoving(null)} />}
      {modelsOf && <ModelsDialog provider={modelsOf} onClose={() => setModelsOf(null)} />}
    </>
  );
}
