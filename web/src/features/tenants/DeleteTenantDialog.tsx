import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveTenant } from "@/hooks/useTenants";

export function DeleteTenantDialog({ tenant, onClose }: { tenant: TenantDetails; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveTenant();
  const { id, slug, name, providers, agents } = tenant;
  return (
    <ConfirmDialog
      title={t("tenants.delete_of", { name })}
      word={slug}
      action={t("common.delete")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ id, slug }, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("tenants.delete_lead", { providers, agents })}</p>
    </ConfirmDialog>
  );
}
