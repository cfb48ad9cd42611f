import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { PoolProviderCounts, PoolStrategy, Provider, ProviderQuota } from "@/api/types";
import { Email } from "@/components/Email";
import { ProviderStatusWord } from "@/features/providers/ProviderStatusWord";
import { QuotaBars } from "@/features/quota/QuotaBars";
import { AccountNumbers } from "./AccountNumbers";
import { DrainingWord } from "./DrainingWord";
import { HealthWord } from "./HealthWord";

/** Where an account stands in its pool. */
export interface Standing {
  /** From 1. */
  place: number;
  role: "owner" | "member";
  primary: boolean;
  strategy: PoolStrategy;
}

interface AccountRowProps {
  account: Provider;
  /** `null` for one that is in no pool. */
  standing: Standing | null;
  counts: PoolProviderCounts | undefined;
  quota: ProviderQuota | undefined;
  generatedAt: string;
  handle?: ReactNode;
  /** What is urgent to do, below the state. */
  urgent?: ReactNode;
  menu?: ReactNode;
}

function Position({ standing }: { standing: Standing }) {
  const { t } = useTranslation();
  const { place, role, primary, strategy } = standing;
  return (
    <p className="text-muted text-xs">
      {t(`pools.role.${role}`)}
      {primary && (strategy === "primary_first" || role === "member") && ` · ${t("pools.role.primary")}`}
      {" · "}
      {t(`pools.position.${strategy}`, { place, first: place === 1 ? "yes" : "no" })}
    </p>
  );
}

/** One account: who it is, how it is, what it has left, what went through it, and what can be done. */
export function AccountRow({
  account,
  standing,
  counts,
  quota,
  generatedAt,
  handle,
  urgent,
  menu,
}: AccountRowProps) {
  const plan = quota?.plan_type ?? account.account?.plan_type;
  const email = account.account?.email;
  return (
    <div className="flex gap-2 px-3.5 py-3">
      {handle}
      <div className="grid min-w-0 flex-1 gap-x-6 gap-y-3 lg:grid-cols-[13rem_minmax(0,1fr)_13rem]">
        <div className="min-w-0">
          <p className="font-medium [overflow-wrap:anywhere]">
            {standing && <span className="tabular text-muted">{standing.place}. </span>}
            {account.display_name || account.name}
          </p>
          <p className="text-muted text-sm [overflow-wrap:anywhere]">
            {email && <Email address={email} />}
            {email && plan && " · "}
            {plan ?? (email ? null : account.name)}
          </p>
          {standing && <Position standing={standing} />}
          <div className="mt-1.5 flex flex-wrap items-start gap-1.5">
            <ProviderStatusWord status={account.status} />
            <div className="flex gap-1.5">
              <DrainingWord provider={account} />
              {standing && <HealthWord counts={counts} />}
            </div>
          </div>
          {urgent && <div className="mt-2 flex flex-wrap gap-1.5 empty:hidden">{urgent}</div>}
        </div>
        <QuotaBars quota={quota} generatedAt={generatedAt} />
        {counts && <AccountNumbers counts={counts} />}
      </div>
      {menu && <div className="-mt-1.5 -mr-1.5 shrink-0">{menu}</div>}
    </div>
  );
}
