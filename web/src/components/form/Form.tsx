import type { FormEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button, type ButtonProps } from "../Button";
import { cx } from "../cx";
import { Notice } from "../Notice";
import { type Guard, LeaveGuard } from "./LeaveGuard";
import { Refusal } from "./Refusal";
import { useWait } from "./useWait";

interface Saving {
  isPending: boolean;
  error: unknown;
}

interface FormProps {
  label?: string;
  children: ReactNode;
  /** Absent where nothing is sent. */
  save?: Saving;
  /** What the gateway finds wrong and no field shows; with an empty list the error itself is shown. */
  wrong?: { other: readonly string[]; any: boolean };
  /** All that is needed is there, and right as far as the page can tell. */
  complete: boolean;
  /** Why nothing can be changed here. */
  fixed?: string | undefined;
  /** Of the button that saves. */
  action?: string;
  look?: ButtonProps["look"];
  /** Absent where nothing is lost that is not soon written again. */
  guard?: Guard;
  onSave: () => void;
  onClose?: () => void;
  /** Of the button that closes. */
  close?: string;
  /** Beside the buttons. */
  aside?: ReactNode;
  className?: string;
}

const NOTHING: Saving = { isPending: false, error: null };

/**
 * The one form: fields below each other, what is wrong at its field, what is wrong with the whole at the end, and a
 * question before something that is not saved is left.
 */
export function Form({
  label,
  children,
  save = NOTHING,
  wrong,
  complete,
  fixed,
  action,
  look = "primary",
  guard,
  onSave,
  onClose,
  close,
  aside,
  className,
}: FormProps) {
  const { t } = useTranslation();
  const wait = useWait(save.error);
  const readOnly = fixed !== undefined;
  const ready = complete && wait === 0;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !readOnly && !save.isPending) onSave();
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
      {!wrong?.any && <Refusal error={save.error} wait={wait} />}
      <div className="flex flex-wrap items-center justify-end gap-2">
        {aside}
        {onClose && (
          <Button onClick={onClose}>{close ?? t(readOnly ? "common.close" : "common.cancel")}</Button>
        )}
        {!readOnly && (
          <Button type="submit" look={look} busy={save.isPending} disabled={!ready}>
            {action ?? t("common.save")}
          </Button>
        )}
      </div>
      {!readOnly && guard && <LeaveGuard guard={guard} />}
    </form>
  );
}
