import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Provider } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveProvider } from "@/hooks/useProviders";
import { type Dependents, dependentsOf } from "./dependents";

/** Asks before a provider is removed; when pools or agents use it, asks again whether to take it out of them. */
export function RemoveDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveProvider();
  const [dependents, setDependents] = useState<Dependents | null>(null);
  const inUse = (error: unknown) => (error instanceof ApiError ? dependentsOf(error) : null);
  const confirm = () =>
    remove.mutate(
      { id: provider.id, detach: dependents !== null },
      { onSuccess: onClose, onError: (error) => setDependents(inUse(error) ?? dependents) },
    );
  return (
    <ConfirmDialog
      title={t("providers.remove_title", { name: provider.name })}
      word={provider.name}
      action={t(dependents ? "providers.detach_and_remove" : "providers.remove")}
      busy={remove.isPending}
      error={inUse(remove.error) && !remove.variables?.detach ? null : remove.error}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>{t("providers.remove_lead")}</p>
      {dependents && (
        <div role="alert" className="mt-2 text-sm">
          <p className="font-medium">{t("providers.in_use")}</p>
          <ul className="list-disc pl-5">
            {dependents.agents.map((name) => (
              <li key={name}>{t("providers.used_by_agent", { name })}</li>
            ))}
            {dependents.pools.map((name) => (
              <li key={name}>
                {name === provider.name
                  ? t("providers.owner_of_pool")
                  : t("providers.used_by_pool", { name })}
              </li>
            ))}
          </ul>
          <p className="mt-1">{t("providers.detach_lead")}</p>
        </div>
      )}
    </ConfirmDialog>
  );
}
