import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { PoolForm } from "./PoolForm";
import type { Pool } from "./pools";

interface PoolDialogProps {
  /** `null` makes a new one. */
  pool: Pool | null;
  providers: Provider[];
  onClose: () => void;
}

export function PoolDialog({ pool, providers, onClose }: PoolDialogProps) {
  const { t } = useTranslation();
  const title = pool ? t("pools.edit_of", { name: pool.owner.name }) : t("pools.create");
  return (
    <Dialog onClose={onClose} title={title} lead={t("pools.form_lead")} wide>
      <PoolForm pool={pool} providers={providers} onClose={onClose} />
    </Dialog>
  );
}
