import { getRouteApi } from "@tanstack/react-router";
import { RefreshCw } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { NoAccess } from "@/features/access/NoAccess";
import { ActivityFilters } from "@/features/activity/ActivityFilters";
import { EntryTable } from "@/features/activity/EntryTable";
import { ExportMenu } from "@/features/activity/ExportMenu";
import { useActivity } from "@/hooks/useActivity";
import { useDenied } from "@/hooks/useMay";

const route = getRouteApi("/settings/activity");

export default function ActivityRoute() {
  const { t } = useTranslation();
  const denied = useDenied("read_audit");
  return denied === undefined ? <ActivityPage /> : <NoAccess title={t("activity.title")} reason={denied} />;
}

function ActivityPage() {
  const { t } = useTranslation();
  const filters = route.useSearch();
  const navigate = route.useNavigate();
  const activity = useActivity(filters);
  const entries = useMemo(() => activity.data?.pages.flatMap((page) => page.entries), [activity.data]);
  const filtered = Object.values(filters).some((it) => it !== undefined);
  return (
    <>
      <PageHeader
        title={t("activity.title")}
        lead={t("activity.lead")}
        actions={
          <>
            <ExportMenu filters={filters} />
            <Button busy={activity.isFetching} onClick={() => void activity.refetch()}>
              {!activity.isFetching && <RefreshCw size={14} aria-hidden />}
              {t("common.refresh")}
            </Button>
          </>
        }
      />
      <ActivityFilters
        filters={filters}
        onChange={(next) => void navigate({ search: next, resetScroll: false, replace: true })}
      />
      <Card>
        <EntryTable
          rows={entries}
          error={activity.error}
          onRetry={() => void activity.refetch()}
          more={activity}
          empty={
            filtered ? (
              <EmptyState
                title={t("activity.none_match_title")}
                action={
                  <Button onClick={() => void navigate({ search: {} })}>{t("requests.clear_filters")}</Button>
                }
              >
                {t("activity.none_match")}
              </EmptyState>
            ) : (
              <EmptyState title={t("activity.empty_title")}>{t("activity.empty")}</EmptyState>
            )
          }
        />
      </Card>
    </>
  );
}
