import { useTranslation } from "react-i18next";
import type { PoolProviderCounts, Provider, ProviderQuota } from "@/api/types";
import { ProviderStatusWord } from "@/features/providers/ProviderStatusWord";
import { QuotaBars } from "@/features/quota/QuotaBars";
import { AccountNumbers } from "./AccountNumbers";
import { HealthWord } from "./HealthWord";

interface AccountRowProps {
  account: Provider;
  /** Its place in the pool, from 1; `null` for one that is in none. */
  place: number | null;
  counts: PoolProviderCounts | undefined;
  quota: ProviderQuota | undefined;
  generatedAt: string;
}

/** One account: who it is, how it is, what it has left, and what went through it. */
export function AccountRow({ account, place, counts, quota, generatedAt }: AccountRowProps) {
  const { t } = useTranslation();
  const plan = quota?.plan_type ?? account.account?.plan_type;
  const who = [account.account?.email, plan].filter(Boolean).join(" · ");
  return (
    <li
      data-account={account.name}
      className="grid gap-x-6 gap-y-3 border-line border-b px-3.5 py-3 last:border-b-0 lg:grid-cols-[14rem_minmax(0,1fr)_14rem]"
    >
      <div className="min-w-0">
        <p className="font-medium [overflow-wrap:anywhere]">
          {place !== null && <span className="tabular text-muted">{place}. </span>}
          {account.display_name || account.name}
          {place !== null && (
            <span className="font-normal text-muted text-xs">
              {" "}
              · {t(place === 1 ? "pools.role.owner" : "pools.role.member")}
            </span>
          )}
        </p>
        <p className="text-muted text-sm [overflow-wrap:anywhere]">{who || account.name}</p>
        <div className="mt-1.5 flex flex-wrap items-start gap-1.5">
          <ProviderStatusWord status={account.status} />
          {place !== null && (
            <div>
              <HealthWord counts={counts} />
            </div>
          )}
        </div>
      </div>
      <QuotaBars quota={quota} generatedAt={generatedAt} />
      {counts && <AccountNumbers counts={counts} />}
    </li>
  );
}
