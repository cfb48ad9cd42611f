import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "./cx";

const LOOKS = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-hover",
  plain: "border-line bg-surface text-ink hover:bg-hover",
  quiet: "border-transparent bg-transparent text-ink hover:bg-hover",
  "quiet-danger": "border-transparent bg-transparent text-bad hover:bg-hover",
  danger: "border-transparent bg-bad text-on-bad hover:opacity-90",
} as const;

const SIZES = {
  md: "h-8 px-3 text-base",
  sm: "h-7 px-2 text-sm",
  icon: "size-8 justify-center",
} as const;

export interface ButtonProps extends ComponentProps<"button"> {
  look?: keyof typeof LOOKS;
  size?: keyof typeof SIZES;
  /** Shows that the work is under way; the button keeps its place and its focus. */
  busy?: boolean;
  /** Why this may not be done; the button stays reachable and says it. */
  denied?: string | undefined;
}

export function buttonClass(look: keyof typeof LOOKS = "plain", size: keyof typeof SIZES = "md"): string {
  return cx(
    "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium",
    "transition-colors disabled:cursor-not-allowed disabled:opacity-55 aria-disabled:cursor-not-allowed aria-disabled:opacity-55",
    LOOKS[look],
    SIZES[size],
  );
}

export function Button({
  look,
  size,
  busy = false,
  denied,
  className,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const inert = busy || denied !== undefined;
  return (
    <button
      type="button"
      aria-busy={busy || undefined}
      aria-disabled={inert || undefined}
      title={denied}
      className={cx(buttonClass(look, size), className)}
      onClick={(event) => {
        if (inert) event.preventDefault();
        else onClick?.(event);
      }}
      {...rest}
    >
      {busy && <LoaderCircle size={14} aria-hidden className="animate-spin" />}
      {children}
    </button>
  );
}
