import { useTranslation } from "react-i18next";
import type { Provider, QuotaList } from "@/api/types";
import { Card } from "@/components/Card";
import { AccountRow } from "./AccountRow";

/** Accounts that answer for themselves only. */
export function Singles({ accounts, quota }: { accounts: Provider[]; quota: QuotaList | undefined }) {
  const { t } = useTranslation();
  return (
    <Card title={t("pools.singles")}>
      <ul className="divide-y divide-line">
        {accounts.map((account) => (
          <li key={account.id} data-account={account.name}>
            <AccountRow
              account={account}
              standing={null}
              counts={undefined}
              quota={quota?.providers.find((it) => it.provider_id === account.id)}
              generatedAt={quota?.generated_at ?? ""}
            />
          </li>
        ))}
      </ul>
    </Card>
  );
}
