import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Dialog } from "@/components/Dialog";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useSavePool } from "@/hooks/usePools";
import type { Pool } from "./pools";

interface DissolveDialogProps {
  pool: Pool;
  onClose: () => void;
  onDone: () => void;
}

/** Asks before a pool is dissolved. No account is lost, so one press is enough. */
export function DissolveDialog({ pool, onClose, onDone }: DissolveDialogProps) {
  const { t } = useTranslation();
  const save = useSavePool();
  const { id, name } = pool.owner;
  return (
    <Dialog onClose={onClose} title={t("pools.dissolve_of", { name })}>
      <p>{t("pools.dissolve_lead", { name })}</p>
      {save.isError && <ErrorNotice error={save.error} className="mt-4" />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button
          look="danger"
          busy={save.isPending}
          onClick={() => save.mutate({ ownerId: id, pool: null }, { onSuccess: onDone })}
        >
          {t("pools.dissolve")}
        </Button>
      </div>
    </Dialog>
  );
}
