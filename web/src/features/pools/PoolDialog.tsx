import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { PoolForm } from "./PoolForm";

interface PoolDialogProps {
  providers: Provider[];
  onClose: () => void;
}

/** Makes a pool. */
export function PoolDialog({ providers, onClose }: PoolDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} title={t("pools.create")} lead={t("pools.form_lead")} wide>
      <PoolForm providers={providers} onClose={onClose} />
    </Dialog>
  );
}
