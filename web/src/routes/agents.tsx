import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { AgentEditor } from "@/features/agents/AgentEditor";
import { AgentTable } from "@/features/agents/AgentTable";
import { useAgents } from "@/hooks/useAgents";
import { useDenied } from "@/hooks/useMay";
import { useProviders } from "@/hooks/useProviders";
import type { AgentsSearch } from "./search";

const route = getRouteApi("/agents");

export default function AgentsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const agents = useAgents();
  const providers = useProviders();
  const denied = useDenied("manage_agents");
  const go = (next: AgentsSearch) => void navigate({ search: next });
  const edited = agents.data?.find(({ agent_key }) => agent_key === search.edit) ?? null;
  const editing = (search.create === true && denied === undefined) || edited !== null;
  const createButton = (
    <Button look="primary" denied={denied} onClick={() => go({ create: true })}>
      <Plus size={15} aria-hidden />
      {t("agents.create")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("agents.title")} lead={t("agents.lead")} actions={!editing && createButton} />
      <ReadOnlyNotice reason={denied} />
      <Loaded query={agents}>
        {(list) => {
          if (editing)
            return (
              <Loaded query={providers}>
                {(accounts) => (
                  <AgentEditor
                    key={edited?.agent_key ?? ""}
                    agent={edited}
                    agents={list}
                    providers={accounts}
                    onSaved={(edit) => go({ edit })}
                    onClose={() => go({})}
                  />
                )}
              </Loaded>
            );
          return (
            <Card>
              {list.length === 0 ? (
                <EmptyState title={t("agents.empty_title")} action={createButton}>
                  {t("agents.empty")}
                </EmptyState>
              ) : (
                <AgentTable agents={list} onEdit={(edit) => go({ edit })} />
              )}
            </Card>
          );
        }}
      </Loaded>
    </>
  );
}
