import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { Loaded } from "@/components/Loaded";
import { useProviders } from "@/hooks/useProviders";
import { AgentForm } from "./AgentForm";

interface AgentDialogProps {
  /** `null` makes a new one. */
  agent: Agent | null;
  taken: string[];
  onClose: () => void;
}

export function AgentDialog({ agent, taken, onClose }: AgentDialogProps) {
  const { t } = useTranslation();
  const providers = useProviders();
  const title = agent ? `agent:${agent.agent_key}` : t("agents.create");
  return (
    <Dialog onClose={onClose} title={title} lead={t("agents.form_lead")} wide>
      <Loaded query={providers}>
        {(list) => <AgentForm agent={agent} providers={list} taken={taken} onClose={onClose} />}
      </Loaded>
    </Dialog>
  );
}
