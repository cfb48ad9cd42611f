import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider, QuotaList } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { Card } from "@/components/Card";
import { ProviderStateWord } from "../providers/ProviderStateWord";
import { DrainingWord } from "./DrainingWord";
import { MiniQuota } from "./MiniQuota";
import type { Pool } from "./pools";

function Line({ account, place, quota }: { account: Provider; place: number; quota: QuotaList | undefined }) {
  return (
    <li
      data-account={account.name}
      className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-5 gap-y-1.5 px-3.5 py-2 text-sm md:grid-cols-[minmax(0,14rem)_9rem_minmax(0,1fr)]"
    >
      <p className="truncate">
        <span className="tabular text-muted">{place}.</span>{" "}
        <span className="font-medium">{account.display_name || account.name}</span>
      </p>
      <p className="flex gap-1.5">
        <ProviderStateWord state={account.status.state} />
        <DrainingWord provider={account} />
      </p>
      <div className="max-md:col-span-2">
        <MiniQuota quota={quota?.providers.find((it) => it.provider_id === account.id)} />
      </div>
    </li>
  );
}

interface PoolSummaryProps {
  pool: Pool;
  quota: QuotaList | undefined;
}

/** A pool in the list: how it chooses, and its accounts in brief. */
export function PoolSummary({ pool, quota }: PoolSummaryProps) {
  const { t } = useTranslation();
  const { name, display_name } = pool.owner;
  const ready = pool.accounts.filter(({ status }) => status.state === "ready").length;
  return (
    <Card
      title={
        <Link to="/pools/$name" params={{ name }} className="underline-offset-3 hover:underline">
          {display_name || name}
        </Link>
      }
      actions={
        <Link to="/pools/$name" params={{ name }} className={buttonClass("plain", "sm")}>
          {t("pools.open")}
          <span className="sr-only">: {name}</span>
          <ArrowRight size={14} aria-hidden />
        </Link>
      }
    >
      <div data-pool={name}>
        <p className="border-line border-b px-3.5 py-2 text-sm">
          <span className="font-medium">{t("pools.ready_of", { ready, total: pool.accounts.length })}</span>
          <span className="text-muted">
            {" · "}
            {t(`pools.strategy.${pool.strategy}.name`)}: {t(`pools.strategy.${pool.strategy}.lead`)}
          </span>
        </p>
        <ol className="divide-y divide-line">
          {pool.accounts.map((account, index) => (
            <Line key={account.id} account={account} place={index + 1} quota={quota} />
          ))}
        </ol>
      </div>
    </Card>
  );
}
