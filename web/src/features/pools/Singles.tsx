import { useTranslation } from "react-i18next";
import type { Provider, QuotaList } from "@/api/types";
import { Card } from "@/components/Card";
import { AccountRow } from "./AccountRow";

/** Accounts that answer for themselves only. */
export function Singles({ accounts, quota }: { accounts: Provider[]; quota: QuotaList | undefined }) {
  const { t } = useTranslation();
  return (
    <Card title={t("pools.singles")}>
      <ul>
        {accounts.map((account) => (
          <AccountRow
            key={account.id}
            account={account}
            place={null}
            counts={undefined}
            quota={quota?.providers.find((it) => it.provider_id === account.id)}
            generatedAt={quota?.generated_at ?? ""}
          />
        ))}
      </ul>
    </Card>
  );
}
