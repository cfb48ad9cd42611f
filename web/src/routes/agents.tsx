import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { AgentDialog } from "@/features/agents/AgentDialog";
import { AgentTable } from "@/features/agents/AgentTable";
import { useAgents } from "@/hooks/useAgents";
import { useDenied } from "@/hooks/useMay";
import type { AgentsSearch } from "./search";

const route = getRouteApi("/agents");

export default function AgentsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const agents = useAgents();
  const denied = useDenied("manage_agents");
  const go = (next: AgentsSearch) => void navigate({ search: next, resetScroll: false });
  const edited = agents.data?.find(({ agent_key }) => agent_key === search.edit) ?? null;
  const createButton = (
    <Button look="primary" denied={denied} onClick={() => go({ create: true })}>
      <Plus size={15} aria-hidden />
      {t("agents.create")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("agents.title")} lead={t("agents.lead")} actions={createButton} />
      <ReadOnlyNotice reason={denied} />
      <Card>
        <Loaded query={agents}>
          {(list) =>
            list.length === 0 ? (
              <EmptyState title={t("agents.empty_title")} action={createButton}>
                {t("agents.empty")}
              </EmptyState>
            ) : (
              <AgentTable agents={list} onEdit={(edit) => go({ edit })} />
            )
          }
        </Loaded>
      </Card>
      {agents.data && ((search.create && denied === undefined) || edited) && (
        <AgentDialog
          agent={edited}
          taken={agents.data.map(({ agent_key }) => agent_key)}
          onClose={() => go({})}
        />
      )}
    </>
  );
}
