import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CapacityAccount, CapacityWindow } from "@/api/types";
import { Bar } from "@/components/charts/Bar";
import { useFormat } from "@/i18n/format";
import { LEVEL_COLOURS } from "../quota/levels";
import { levelOf } from "../quota/windows";
import { byNeed } from "./capacity";

const SHOWN = 4;

function AccountLine({ account }: { account: CapacityAccount }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { provider_name: name, remaining_percent: left, verdict, plan_type: plan } = account;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-2 text-sm">
      <span className="truncate" title={plan ? `${name} · ${plan}` : name}>
        {name}
      </span>
      <span className="tabular">
        {verdict === "runs_out" && <span className="text-warn text-xs">{t("overview.capacity.short")} </span>}
        {left === null ? (
          <span className="text-muted">{t("quota.unknown")}</span>
        ) : (
          format.percent(Math.floor(left) / 100)
        )}
      </span>
      <Bar
        className="col-span-2 h-1"
        max={100}
        parts={[{ key: name, value: left ?? 0, colour: LEVEL_COLOURS[levelOf(left)] }]}
      />
    </li>
  );
}

/** The accounts of a window, those in need first. */
export function CapacityAccounts({ window }: { window: CapacityWindow }) {
  const { t } = useTranslation();
  const accounts = byNeed(window.by_account);
  const more = accounts.length - SHOWN;
  return (
    <ul className="flex flex-col gap-1.5">
      {accounts.slice(0, SHOWN).map((account) => (
        <AccountLine key={account.provider_name} account={account} />
      ))}
      {more > 0 && (
        <li className="text-xs">
          <Link to="/pools" className="text-muted underline underline-offset-2">
            {t("overview.capacity.more", { count: more })}
          </Link>
        </li>
      )}
    </ul>
  );
}
