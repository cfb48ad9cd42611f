import { cloneElement, type ReactElement, type ReactNode, useId } from "react";
import { ErrorLines } from "./ErrorLines";

interface ControlProps {
  id?: string;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: boolean | undefined;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  /** What is wrong with the value, as the gateway said it. */
  errors?: string[];
  children: ReactElement<ControlProps>;
}

/** A labelled control with its hint and its errors, tied together for screen readers. */
export function Field({ label, hint, errors = [], children }: FieldProps) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const described = [hint && hintId, errors.length > 0 && errorId].filter(Boolean).join(" ");
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium text-sm">
        {label}
      </label>
      {cloneElement(children, {
        id,
        "aria-describedby": described || undefined,
        ...(errors.length > 0 && { "aria-invalid": true }),
      })}
      {hint && (
        <p id={hintId} className="text-muted text-xs">
          {hint}
        </p>
      )}
      <ErrorLines id={errorId} errors={errors} />
    </div>
  );
}
