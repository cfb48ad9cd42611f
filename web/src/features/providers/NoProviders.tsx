import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";

export function NoProviders({ onConnect }: { onConnect: () => void }) {
  const { t } = useTranslation();
  return (
    <EmptyState
      title={t("providers.empty_title")}
      action={
        <Button look="primary" onClick={onConnect}>
          {t("providers.connect")}
        </Button>
      }
    >
      {t("providers.empty")}
    </EmptyState>
  );
}
