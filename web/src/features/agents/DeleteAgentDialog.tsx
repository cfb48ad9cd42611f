import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { ConfirmDialog } from "@/components/ConfirmDialog";
import { useRemoveAgent } from "@/hooks/useAgents";

export function DeleteAgentDialog({ agent, onClose }: { agent: Agent; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemoveAgent();
  return (
    <ConfirmDialog
      title={t("agents.delete_title", { key: agent.agent_key })}
      word={agent.agent_key}
      action={t("common.delete")}
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate(agent.agent_key, { onSuccess: onClose })}
      onClose={onClose}
    >
      <p>{t("agents.delete_lead")}</p>
    </ConfirmDialog>
  );
}
