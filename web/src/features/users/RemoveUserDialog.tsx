import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveUser } from "@/hooks/useUsers";

export function RemoveUserDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveUser();
  return (
    <ConfirmDialog
      title={t("users.remove_title", { name: user.display_name || user.email })}
      word={user.email}
      action={t("users.remove")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(user.id, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("users.remove_lead")}</p>
    </ConfirmDialog>
  );
}
