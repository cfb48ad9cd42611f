import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { AskDialog } from "@/components/AskDialog";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveKey, useRevokeKey } from "@/hooks/useApiKeys";

interface KeyDialogProps {
  apiKey: Key;
  onClose: () => void;
}

export function RevokeKeyDialog({ apiKey, onClose }: KeyDialogProps) {
  const { t } = useTranslation();
  const revoke = useRevokeKey();
  return (
    <AskDialog
      final
      title={t("keys.revoke_title", { name: apiKey.name })}
      action={t("keys.revoke")}
      busy={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate(apiKey.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      {t("keys.revoke_lead")}
    </AskDialog>
  );
}

export function DeleteKeyDialog({ apiKey, onClose }: KeyDialogProps) {
  const { t } = useTranslation();
  const remove = useRemoveKey();
  return (
    <ConfirmDialog
      title={t("keys.delete_title", { name: apiKey.name })}
      word={apiKey.name}
      action={t("common.delete")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(apiKey.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("keys.delete_lead")}</p>
    </ConfirmDialog>
  );
}
