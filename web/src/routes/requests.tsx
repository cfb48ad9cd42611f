import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { Filters } from "@/features/requests/Filters";
import { accountsOf, filterTraces } from "@/features/requests/filterTraces";
import { NoRequests } from "@/features/requests/NoRequests";
import { TraceDetails } from "@/features/requests/TraceDetails";
import { TraceTable } from "@/features/requests/TraceTable";
import { useTraces } from "@/hooks/useTraces";
import { LIMITS } from "./search";

const route = getRouteApi("/requests");

export default function RequestsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const traces = useTraces(search.limit ?? LIMITS[0]);
  const all = traces.data ?? [];
  const shown = filterTraces(all, search);
  const { trace: openId, ...filters } = search;
  return (
    <>
      <PageHeader
        title={t("requests.title")}
        lead={t("requests.lead")}
        actions={
          <>
            <Filters
              filters={filters}
              accounts={accountsOf(all)}
              onChange={(next) => void navigate({ search: next })}
            />
            <Button busy={traces.isFetching} onClick={() => void traces.refetch()}>
              {!traces.isFetching && <RefreshCw size={14} aria-hidden />}
              {t("common.refresh")}
            </Button>
          </>
        }
      />
      <Card>
        <Loaded query={traces} lines={10}>
          {() => {
            if (all.length === 0) return <NoRequests />;
            if (shown.length > 0)
              return <TraceTable traces={shown} label={t("requests.title")} filters={filters} />;
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
      {openId !== undefined && traces.data && (
        <TraceDetails
          trace={all.find((it) => it.id === openId)}
          onClose={() => void navigate({ search: filters, resetScroll: false })}
        />
      )}
    </>
  );
}
