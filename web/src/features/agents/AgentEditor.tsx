import { ArrowLeft } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Agent, Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { AgentForm } from "./AgentForm";
import { TestChat } from "./TestChat";
import { useAgentDraft } from "./useAgentDraft";

interface AgentEditorProps {
  /** `null` makes a new one. */
  agent: Agent | null;
  agents: Agent[];
  providers: Provider[];
  onSaved: (key: string) => void;
  onClose: () => void;
}

/** An agent's form, and a chat with the agent beside it. */
export function AgentEditor({ agent, agents, providers, onSaved, onClose }: AgentEditorProps) {
  const { t } = useTranslation();
  const form = useAgentDraft(agent, agents, providers);
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_minmax(0,26rem)]">
      <Card
        title={agent ? `agent:${agent.agent_key}` : t("agents.create")}
        actions={
          <Button size="sm" look="quiet" onClick={onClose}>
            <ArrowLeft size={14} aria-hidden />
            {t("agents.back")}
          </Button>
        }
      >
        <div className="p-3.5">
          <p className="mb-4 text-muted text-sm">{t("agents.form_lead")}</p>
          <AgentForm
            agent={agent}
            form={form}
            providers={providers}
            taken={agents.map(({ agent_key }) => agent_key)}
            onSaved={onSaved}
            onClose={onClose}
          />
        </div>
      </Card>
      <TestChat agent={agent} dirty={form.dirty} />
    </div>
  );
}
