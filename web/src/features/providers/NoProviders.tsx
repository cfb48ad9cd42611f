import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { EmptyState } from "@/components/EmptyState";
import { useDenied } from "@/hooks/useMay";

export function NoProviders({ onConnect }: { onConnect: () => void }) {
  const { t } = useTranslation();
  const denied = useDenied("manage_providers");
  return (
    <EmptyState
      title={t("providers.empty_title")}
      action={
        <Button look="primary" denied={denied} onClick={onConnect}>
          {t("providers.connect")}
        </Button>
      }
    >
      {t("providers.empty")}
    </EmptyState>
  );
}
