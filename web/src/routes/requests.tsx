import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { MoreRows } from "@/components/MoreRows";
import { PageHeader } from "@/components/PageHeader";
import { modelNames } from "@/features/agents/modelChoices";
import { LiveWord } from "@/features/pools/LiveWord";
import { Filters } from "@/features/requests/Filters";
import { NoRequests } from "@/features/requests/NoRequests";
import { RequestDetails } from "@/features/requests/RequestDetails";
import { TraceTable } from "@/features/requests/TraceTable";
import { useAgents } from "@/hooks/useAgents";
import { useModels } from "@/hooks/useModels";
import { useProviders } from "@/hooks/useProviders";
import { useRequests } from "@/hooks/useRequests";

const route = getRouteApi("/requests");

export default function RequestsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { request: openId, ...filters } = search;
  const filtered = Object.values(filters).some((it) => it !== undefined);
  const requests = useRequests(filters);
  const providers = useProviders();
  const agents = useAgents();
  const models = useModels();
  return (
    <>
      <PageHeader
        title={t("requests.title")}
        lead={t("requests.lead")}
        actions={
          <>
            <LiveWord />
            <Button busy={requests.isFetching} onClick={() => void requests.refetch()}>
              {!requests.isFetching && <RefreshCw size={14} aria-hidden />}
              {t("common.refresh")}
            </Button>
          </>
        }
      />
      <Filters
        filters={filters}
        accounts={(providers.data ?? []).map(({ name }) => name)}
        agents={(agents.data ?? []).map(({ agent_key }) => agent_key)}
        models={modelNames(undefined, models.data)}
        onChange={(next) => void navigate({ search: next, resetScroll: false })}
      />
      <Card>
        <Loaded query={requests} lines={10}>
          {({ pages }) => {
            const rows = pages.flatMap((page) => page.requests);
            if (rows.length > 0)
              return (
                <>
                  <TraceTable traces={rows} label={t("requests.title")} filters={filters} />
                  <MoreRows query={requests} />
                </>
              );
            if (!filtered) return <NoRequests />;
            return (
              <EmptyState
                title={t("requests.none_match_title")}
                action={
                  <Button onClick={() => void navigate({ search: {} })}>{t("requests.clear_filters")}</Button>
                }
              >
                {t("requests.none_match")}
              </EmptyState>
            );
          }}
        </Loaded>
      </Card>
      {openId !== undefined && (
        <RequestDetails id={openId} onClose={() => void navigate({ search: filters, resetScroll: false })} />
      )}
    </>
  );
}
