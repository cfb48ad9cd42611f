import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Button, buttonClass } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { useDenied } from "@/hooks/useMay";

/** The first pool: what it is for, and what is missing for it. */
export function NoPools({ accounts, onCreate }: { accounts: number; onCreate: () => void }) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  const action =
    accounts >= 2 ? (
      <Button look="primary" denied={denied} onClick={onCreate}>
        {t("pools.create")}
      </Button>
    ) : (
      <Link to="/providers" search={{ connect: "new" }} className={buttonClass("primary")}>
        {t("providers.connect")}
      </Link>
    );
  return (
    <EmptyState title={t("pools.empty_title")} action={action}>
      {t("pools.empty")} {accounts < 2 && t("pools.empty_accounts", { count: accounts })}
    </EmptyState>
  );
}
