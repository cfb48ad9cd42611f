import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Provider } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveProvider } from "@/hooks/useProviders";
import { dependentsOf } from "./dependents";

export function RemoveDialog({ provider, onClose }: { provider: Provider; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveProvider();
  const dependents = remove.error instanceof ApiError ? dependentsOf(remove.error) : null;
  return (
    <ConfirmDialog
      title={t("providers.remove_title", { name: provider.name })}
      word={provider.name}
      action={t("providers.remove")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(provider.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("providers.remove_lead")}</p>
      {dependents && (
        <ul className="mt-2 list-disc pl-5 text-sm">
          {dependents.agents.map((name) => (
            <li key={name}>{t("providers.used_by_agent", { name })}</li>
          ))}
          {dependents.pools.map((name) => (
            <li key={name}>{t("providers.used_by_pool", { name })}</li>
          ))}
        </ul>
      )}
    </ConfirmDialog>
  );
}
