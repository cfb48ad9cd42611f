import { getRouteApi, Link } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, buttonClass } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { IncidentBanner } from "@/features/incident/IncidentBanner";
import { AddMembersDialog } from "@/features/pools/AddMembersDialog";
import { DissolveDialog } from "@/features/pools/DissolveDialog";
import { LiveWord } from "@/features/pools/LiveWord";
import { PoolView } from "@/features/pools/PoolView";
import { type Pool, poolsOf } from "@/features/pools/pools";
import { useDenied } from "@/hooks/useMay";
import { useOverview } from "@/hooks/useOverview";
import { useQuota } from "@/hooks/usePools";
import { useProviders } from "@/hooks/useProviders";
import type { PoolSearch } from "./search";

const route = getRouteApi("/pools/$name");

/** One pool, by the name of its owner. */
export default function PoolPage() {
  const { t } = useTranslation();
  const { name } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const providers = useProviders();
  const quota = useQuota();
  const overview = useOverview();
  const denied = useDenied("manage_providers");
  const [dissolving, setDissolving] = useState<Pool | null>(null);
  const go = (next: PoolSearch) => void navigate({ search: next, resetScroll: false });
  const pool = poolsOf(providers.data ?? []).find(({ owner }) => owner.name === name);
  return (
    <>
      <nav aria-label={t("pools.where")} className="mb-1 text-sm">
        <Link to="/pools" className="text-muted underline underline-offset-2">
          {t("pools.title")}
        </Link>
      </nav>
      <PageHeader
        title={pool?.owner.display_name || name}
        lead={t("pools.page_lead")}
        actions={
          <>
            <LiveWord />
            {pool && (
              <>
                <Button look="quiet-danger" denied={denied} onClick={() => setDissolving(pool)}>
                  {t("pools.dissolve")}
                </Button>
                <Button look="primary" denied={denied} onClick={() => go({ ...search, add: true })}>
                  <Plus size={15} aria-hidden />
                  {t("pools.add")}
                </Button>
              </>
            )}
          </>
        }
      />
      <ReadOnlyNotice reason={denied} />
      <IncidentBanner incident={overview.data?.incident} />
      {quota.isError && (
        <ErrorNotice error={quota.error} onRetry={() => void quota.refetch()} className="mb-4" />
      )}
      <Loaded query={providers} lines={16}>
        {(list) =>
          pool ? (
            <>
              <PoolView
                pool={pool}
                quota={quota.data}
                tried={search.strategy ?? null}
                onTry={(strategy) => go({ ...search, strategy: strategy ?? undefined })}
              />
              {search.add && denied === undefined && (
                <AddMembersDialog
                  pool={pool}
                  providers={list}
                  onClose={() => go({ ...search, add: undefined })}
                />
              )}
            </>
          ) : (
            <EmptyState
              title={t("pools.gone_title")}
              action={
                <Link to="/pools" className={buttonClass()}>
                  {t("pools.all")}
                </Link>
              }
            >
              {t("pools.gone", { name })}
            </EmptyState>
          )
        }
      </Loaded>
      {/* Not within the pool's own part, which is gone before the answer is read. */}
      {dissolving && (
        <DissolveDialog
          pool={dissolving}
          onClose={() => setDissolving(null)}
          onDone={() => void navigate({ to: "/pools" })}
        />
      )}
    </>
  );
}
