import { type ComponentProps, type ReactNode, useId } from "react";

interface CheckboxProps extends Omit<ComponentProps<"input">, "type" | "id"> {
  label: ReactNode;
  hint?: ReactNode;
}

/** A box to tick with its words beside it. */
export function Checkbox({ label, hint, ...rest }: CheckboxProps) {
  const id = useId();
  return (
    <div className="flex min-w-0 items-start gap-2">
      <input
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-1 size-4 shrink-0 accent-accent"
        {...rest}
      />
      <div className="min-w-0">
        <label htmlFor={id} className="text-sm [overflow-wrap:anywhere]">
          {label}
        </label>
        {hint && (
          <p id={`${id}-hint`} className="text-muted text-xs [overflow-wrap:anywhere]">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
