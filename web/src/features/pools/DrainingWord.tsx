import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { StatusWord } from "@/components/StatusWord";

/** Says of an account that it takes nothing new, where its state speaks of something else. */
export function DrainingWord({ provider }: { provider: Provider }) {
  const { t } = useTranslation();
  if (!provider.draining || provider.status.state === "draining") return null;
  return (
    <StatusWord tone="warn" title={t("pools.draining_lead")}>
      {t("pools.draining")}
    </StatusWord>
  );
}
