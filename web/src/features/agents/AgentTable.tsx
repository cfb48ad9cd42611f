import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Agent } from "@/api/types";
import { type Column, DataTable, NONE } from "@/components/DataTable";
import { useDoomed } from "@/hooks/undo";
import { useDeleteAgent } from "@/hooks/useAgents";
import { AgentActions, AgentName } from "./AgentCells";

interface AgentTableProps {
  agents: Agent[];
  onEdit: (key: string) => void;
}

export function AgentTable({ agents, onEdit }: AgentTableProps) {
  const { t } = useTranslation();
  const doomed = useDoomed();
  const remove = useDeleteAgent();
  const shown = useMemo(
    () => agents.filter(({ agent_key }) => !doomed.has(`agent ${agent_key}`)),
    [agents, doomed],
  );
  const columns = useMemo(
    (): Column<Agent>[] => [
      {
        id: "agent",
        header: t("agents.agent"),
        shown: "fixed",
        width: 16,
        narrow: "line",
        sort: (agent) => agent.display_name || agent.agent_key,
        cell: (agent) => <AgentName agent={agent} />,
      },
      {
        id: "provider",
        header: t("agents.provider"),
        sort: (agent) => agent.effective.provider,
        cell: (agent) => agent.effective.provider,
        className: "whitespace-nowrap",
      },
      {
        id: "model",
        header: t("agents.model"),
        sort: (agent) => agent.effective.model,
        cell: (agent) => agent.effective.model,
        className: "whitespace-nowrap font-mono text-xs",
      },
      {
        id: "thinking",
        header: t("agents.thinking"),
        narrow: "named",
        sort: (agent) => agent.effective.thinking_level,
        cell: (agent) => agent.effective.thinking_level ?? NONE,
      },
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 17,
        narrow: "line",
        cell: (agent) => (
          <AgentActions agent={agent} onEdit={onEdit} onDelete={() => remove(agent.agent_key)} />
        ),
      },
    ],
    [t, onEdit, remove],
  );
  return (
    <DataTable
      label={t("agents.title")}
      name="agents"
      columns={columns}
      rows={shown}
      rowId={({ agent_key }) => agent_key}
      find={(agent) =>
        [agent.display_name, agent.agent_key, agent.effective.provider, agent.effective.model].join(" ")
      }
      onOpen={({ agent_key }) => onEdit(agent_key)}
    />
  );
}
