import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ErrorNotice } from "./ErrorNotice";
import { HoldButton } from "./HoldButton";

interface AskDialogProps {
  title: string;
  /** What follows from it. */
  children: ReactNode;
  action: string;
  busy?: boolean;
  error?: unknown;
  /** It cannot be undone: the button has to be held. */
  final?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks once before something is lost. */
export function AskDialog({
  title,
  children,
  action,
  busy = false,
  error,
  final = false,
  onConfirm,
  onClose,
}: AskDialogProps) {
  const { t } = useTranslation();
  return (
    <Dialog onClose={onClose} title={title}>
      <div className="flex flex-col gap-4">
        <p>{children}</p>
        {error != null && <ErrorNotice error={error} />}
        <div className="flex items-start justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          {final ? (
            <HoldButton busy={busy} onConfirm={onConfirm}>
              {action}
            </HoldButton>
          ) : (
            <Button look="danger" busy={busy} onClick={onConfirm}>
              {action}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}
