import { getRouteApi, Navigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { IncidentBanner } from "@/features/incident/IncidentBanner";
import { LiveWord } from "@/features/pools/LiveWord";
import { NoPools } from "@/features/pools/NoPools";
import { PoolDialog } from "@/features/pools/PoolDialog";
import { PoolSummary } from "@/features/pools/PoolSummary";
import { isPoolable, poolsOf, singles } from "@/features/pools/pools";
import { Singles } from "@/features/pools/Singles";
import { useDenied } from "@/hooks/useMay";
import { useOverview } from "@/hooks/useOverview";
import { useQuota } from "@/hooks/usePools";
import { useProviders } from "@/hooks/useProviders";
import type { PoolsSearch } from "./search";

const route = getRouteApi("/pools");

export default function PoolsPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const providers = useProviders();
  const quota = useQuota();
  const overview = useOverview();
  const denied = useDenied("manage_providers");
  const go = (next: PoolsSearch) => void navigate({ search: next, resetScroll: false });
  const pools = poolsOf(providers.data ?? []);
  // A pool that there is, is changed on its own page; addresses from before said it here.
  if (search.edit !== undefined && search.edit !== "new")
    return <Navigate to="/pools/$name" params={{ name: search.edit }} replace />;
  return (
    <>
      <PageHeader
        title={t("pools.title")}
        lead={t("pools.lead")}
        actions={
          <>
            <LiveWord />
            <Button look="primary" denied={denied} onClick={() => go({ edit: "new" })}>
              <Plus size={15} aria-hidden />
              {t("pools.create")}
            </Button>
          </>
        }
      />
      <ReadOnlyNotice reason={denied} />
      <IncidentBanner incident={overview.data?.incident} />
      {quota.isError && (
        <ErrorNotice error={quota.error} onRetry={() => void quota.refetch()} className="mb-4" />
      )}
      <Loaded query={providers} lines={10}>
        {(list) => {
          const alone = singles(list);
          return (
            <div className="flex flex-col gap-4">
              {pools.length === 0 && (
                <Card>
                  <NoPools accounts={list.filter(isPoolable).length} onCreate={() => go({ edit: "new" })} />
                </Card>
              )}
              {pools.map((pool) => (
                <PoolSummary key={pool.owner.id} pool={pool} quota={quota.data} />
              ))}
              {alone.length > 0 && <Singles accounts={alone} quota={quota.data} />}
            </div>
          );
        }}
      </Loaded>
      {providers.data && denied === undefined && search.edit === "new" && (
        <PoolDialog providers={providers.data} onClose={() => go({})} />
      )}
    </>
  );
}
