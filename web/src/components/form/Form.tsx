import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../Button";
import { cx } from "../cx";
import { ErrorNotice } from "../ErrorNotice";
import { Notice } from "../Notice";
import { type Guard, LeaveGuard } from "./LeaveGuard";

interface Saving {
  isPending: boolean;
  error: unknown;
}

interface FormProps {
  label?: string;
  children: ReactNode;
  save: Saving;
  /** What the gateway finds wrong and no field shows; with an empty list the error itself is shown. */
  wrong?: { other: readonly string[]; any: boolean };
  /** All that is needed is there, and right as far as the page can tell. */
  complete: boolean;
  /** Why nothing can be changed here. */
  fixed?: string | undefined;
  /** Of the button that saves. */
  action?: string;
  guard: Guard;
  onSave: () => void;
  onClose?: () => void;
  /** Beside the buttons. */
  aside?: ReactNode;
  className?: string;
}

/**
 * The one form: fields below each other, what is wrong at its field, what is wrong with the whole at the end, and a
 * question before something that is not saved is left.
 */
export function Form({
  label,
  children,
  save,
  wrong,
  complete,
  fixed,
  action,
  guard,
  onSave,
  onClose,
  aside,
  className,
}: FormProps) {
  const { t } = useTranslation();
  const readOnly = fixed !== undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !readOnly && !save.isPending) onSave();
  };
  return (
    <form onSubmit={submit} aria-label={label} className={cx("flex min-w-0 flex-col gap-4", className)}>
      <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-4">
        {readOnly && <Notice tone="idle">{fixed}</Notice>}
        {children}
      </fieldset>
      {wrong?.other.map((text) => (
        <Notice key={text} tone="bad">
          {text}
        </Notice>
      ))}
      {save.error != null && !wrong?.any && <ErrorNotice error={save.error} />}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {aside}
        {onClose && <Button onClick={onClose}>{t(readOnly ? "common.close" : "common.cancel")}</Button>}
        {!readOnly && (
          <Button type="submit" look="primary" busy={save.isPending} disabled={!complete}>
            {action ?? t("common.save")}
          </Button>
        )}
      </div>
      {!readOnly && <LeaveGuard guard={guard} />}
    </form>
  );
}
