import { useTranslation } from "react-i18next";
import type { QuotaList } from "@/api/types";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Loaded } from "@/components/Loaded";
import { useDenied } from "@/hooks/useMay";
import { usePoolActivity } from "@/hooks/usePools";
import { AccountRow } from "./AccountRow";
import { PoolRequests } from "./PoolRequests";
import type { Pool } from "./pools";

interface PoolCardProps {
  pool: Pool;
  quota: QuotaList | undefined;
  onEdit: () => void;
  onDissolve: () => void;
}

/** One pool: how it chooses, its accounts in order, and its last requests. */
export function PoolCard({ pool, quota, onEdit, onDissolve }: PoolCardProps) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const activity = usePoolActivity(pool.owner.id);
  const { name } = pool.owner;
  return (
    <Card
      title={pool.owner.display_name || name}
      actions={
        <div className="flex flex-wrap justify-end gap-1">
          <Button size="sm" denied={denied} aria-label={t("pools.edit_of", { name })} onClick={onEdit}>
            {t("common.edit")}
          </Button>
          <Button
            size="sm"
            look="quiet-danger"
            denied={denied}
            aria-label={t("pools.dissolve_of", { name })}
            onClick={onDissolve}
          >
            {t("pools.dissolve")}
          </Button>
        </div>
      }
    >
      <div data-pool={name}>
        <p className="border-line border-b px-3.5 py-2 text-sm">
          <span className="font-medium">{t(`pools.strategy.${pool.strategy}.name`)}</span>
          <span className="text-muted">
            {" "}
            · {t(`pools.strategy.${pool.strategy}.lead`)} {t(`pools.affinity.${pool.affinity}.lead`)}
          </span>
        </p>
        <ol>
          {pool.accounts.map((account, index) => (
            <AccountRow
              key={account.id}
              account={account}
              place={index + 1}
              counts={activity.data?.provider_counts.find((it) => it.provider_name === account.name)}
              quota={quota?.providers.find((it) => it.provider_id === account.id)}
              generatedAt={quota?.generated_at ?? ""}
            />
          ))}
        </ol>
        <div className="border-line border-t">
          <h3 className="px-3.5 pt-2.5 pb-1 font-semibold text-sm">
            {t("pools.recent")}
            {activity.data && (
              <span className="font-normal text-muted">
                {" "}
                · {t("pools.sample", { count: activity.data.stats_sample_size })}
              </span>
            )}
          </h3>
          <Loaded query={activity}>
            {(data) => <PoolRequests pool={name} requests={data.recent_requests} />}
          </Loaded>
        </div>
      </div>
    </Card>
  );
}
