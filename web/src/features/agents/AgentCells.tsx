import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { RowButtons } from "@/components/RowButtons";
import { useDenied } from "@/hooks/useMay";

export function AgentName({ agent }: { agent: Agent }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="font-medium text-base">
        {agent.display_name || agent.agent_key}
        {agent.is_default && <span className="font-normal text-muted text-xs"> · {t("agents.default")}</span>}
        {agent.status === "inactive" && (
          <span className="font-normal text-muted text-xs"> · {t("agents.inactive")}</span>
        )}
      </p>
      <p className="whitespace-nowrap font-mono text-muted text-xs">agent:{agent.agent_key}</p>
    </>
  );
}

interface AgentActionsProps {
  agent: Agent;
  onEdit: (key: string) => void;
  onDelete: () => void;
}

export function AgentActions({ agent, onEdit, onDelete }: AgentActionsProps) {
  const { t } = useTranslation();
  const fromFile = agent.managed_by === "file";
  const denied = useDenied("manage_agents");
  return (
    <RowButtons>
      {fromFile && <span className="whitespace-nowrap text-muted text-xs">{t("agents.from_file")}</span>}
      <Link to="/chat" search={{ model: `agent:${agent.agent_key}` }} className={buttonClass("plain", "sm")}>
        {t("agents.chat")}
      </Link>
      <Button size="sm" onClick={() => onEdit(agent.agent_key)}>
        {t(fromFile || denied !== undefined ? "agents.view" : "common.edit")}
      </Button>
      {!fromFile && (
        <Button size="sm" look="quiet-danger" denied={denied} onClick={onDelete}>
          {t("common.delete")}
        </Button>
      )}
    </RowButtons>
  );
}
