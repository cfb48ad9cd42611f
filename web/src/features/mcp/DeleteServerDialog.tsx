import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveMcpServer } from "@/hooks/useMcpServers";

export function DeleteServerDialog({ server, onClose }: { server: McpServer; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveMcpServer();
  return (
    <ConfirmDialog
      title={t("mcp.delete_of", { name: server.name })}
      word={server.name}
      action={t("common.delete")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(server.id ?? server.name, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("mcp.delete_lead")}</p>
    </ConfirmDialog>
  );
}
