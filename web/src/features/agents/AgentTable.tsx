import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { Table, Td, Th } from "@/components/Table";
import { useDenied } from "@/hooks/useMay";
import { DeleteAgentDialog } from "./DeleteAgentDialog";

interface AgentTableProps {
  agents: Agent[];
  onEdit: (key: string) => void;
}

export function AgentTable({ agents, onEdit }: AgentTableProps) {
  const { t } = useTranslation();
  const [deleting, setDeleting] = useState<Agent | null>(null);
  return (
    <>
      <Table label={t("agents.title")}>
        <thead>
          <tr>
            <Th>{t("agents.agent")}</Th>
            <Th>{t("agents.provider")}</Th>
            <Th>{t("agents.model")}</Th>
            <Th>{t("agents.thinking")}</Th>
            <Th>
              <span className="sr-only">{t("common.actions")}</span>
            </Th>
          </tr>
        </thead>
        <tbody className="sm:[&>tr:last-child>td]:border-b-0">
          {agents.map((agent) => (
            <AgentRow
              key={agent.agent_key}
              agent={agent}
              onEdit={onEdit}
              onDelete={() => setDeleting(agent)}
            />
          ))}
        </tbody>
      </Table>
      {deleting && <DeleteAgentDialog agent={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

interface AgentRowProps {
  agent: Agent;
  onEdit: (key: string) => void;
  onDelete: () => void;
}

function AgentRow({ agent, onEdit, onDelete }: AgentRowProps) {
  const { t } = useTranslation();
  const fromFile = agent.managed_by === "file";
  const denied = useDenied("manage_agents");
  return (
    <tr>
      <Td className="own-line sm:py-2.5">
        <p className="font-medium text-base">
          {agent.display_name || agent.agent_key}
          {agent.is_default && (
            <span className="font-normal text-muted text-xs"> · {t("agents.default")}</span>
          )}
          {agent.status === "inactive" && (
            <span className="font-normal text-muted text-xs"> · {t("agents.inactive")}</span>
          )}
        </p>
        <p className="whitespace-nowrap font-mono text-muted text-xs">agent:{agent.agent_key}</p>
      </Td>
      <Td className="whitespace-nowrap">{agent.effective.provider}</Td>
      <Td className="whitespace-nowrap font-mono text-xs">{agent.effective.model}</Td>
      <Td>{agent.effective.thinking_level ?? <span className="text-muted">–</span>}</Td>
      <Td className="own-line">
        <div className="flex items-center gap-1 pt-1 sm:justify-end sm:pt-0">
          {fromFile && <span className="whitespace-nowrap text-muted text-xs">{t("agents.from_file")}</span>}
          <Link
            to="/chat"
            search={{ model: `agent:${agent.agent_key}` }}
            className={buttonClass("plain", "sm")}
          >
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
        </div>
      </Td>
    </tr>
  );
}
