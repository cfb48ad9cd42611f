import { type FormEvent, type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Emails } from "./Email";
import { ErrorNotice } from "./ErrorNotice";
import { Field } from "./Field";
import { Input } from "./inputs";

interface ConfirmDialogProps {
  title: string;
  /** What is lost. */
  children: ReactNode;
  /** Must be typed before the button works. */
  word: string;
  action: string;
  busy: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone: the name has to be typed. */
export function ConfirmDialog({
  title,
  children,
  word,
  action,
  busy,
  error,
  onConfirm,
  onClose,
}: ConfirmDialogProps) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === word && !busy) onConfirm();
  };
  return (
    <Dialog onClose={onClose} title={title}>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <div>{children}</div>
        <Field label={<Emails text={t("common.type_to_confirm", { word })} />}>
          <Input
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            autoComplete="off"
            spellCheck={false}
          />
        </Field>
        {error != null && <ErrorNotice error={error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="danger" busy={busy} disabled={typed.trim() !== word}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
