import { useTranslation } from "react-i18next";
import type { PoolStrategy, QuotaList } from "@/api/types";
import { Card } from "@/components/Card";
import { Loaded } from "@/components/Loaded";
import { useCapacity } from "@/hooks/useCapacity";
import { usePoolActivity } from "@/hooks/usePools";
import { AccountList } from "./AccountList";
import { PoolRequests } from "./PoolRequests";
import type { Pool } from "./pools";
import { ResetCalendar } from "./ResetCalendar";
import { RouteMap } from "./RouteMap";
import { StrategyCard } from "./StrategyCard";

interface PoolViewProps {
  pool: Pool;
  quota: QuotaList | undefined;
  tried: PoolStrategy | null;
  onTry: (strategy: PoolStrategy | null) => void;
}

/** One pool: where its requests go, its accounts, how it chooses, and when its quota comes back. */
export function PoolView({ pool, quota, tried, onTry }: PoolViewProps) {
  const { t } = useTranslation();
  const activity = usePoolActivity(pool.owner.id);
  const capacity = useCapacity();
  const names = pool.accounts.map(({ name }) => name);
  const sample = activity.data && (
    <span className="font-normal text-muted text-sm">
      {" "}
      · {t("pools.sample", { count: activity.data.stats_sample_size })}
    </span>
  );
  return (
    <div className="flex flex-col gap-4">
      <AccountList pool={pool} quota={quota} activity={activity.data} />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_22rem]">
        <div className="flex min-w-0 flex-col gap-4">
          <Card title={t("pools.routes.title")}>
            <Loaded query={activity}>
              {({ recent_requests: requests }) =>
                requests.length > 0 ? (
                  <RouteMap requests={requests} order={names} />
                ) : (
                  <p className="px-3.5 py-4 text-muted">{t("pools.no_requests")}</p>
                )
              }
            </Loaded>
          </Card>
          <Card
            title={
              <>
                {t("pools.recent")}
                {sample}
              </>
            }
          >
            <Loaded query={activity}>
              {(data) => <PoolRequests pool={pool.owner.name} requests={data.recent_requests} />}
            </Loaded>
          </Card>
        </div>
        <StrategyCard pool={pool} tried={tried} onTry={onTry} />
      </div>
      {capacity.data && <ResetCalendar capacity={capacity.data} accounts={names} />}
    </div>
  );
}
