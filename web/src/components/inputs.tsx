import { ChevronDown } from "lucide-react";
import type { ComponentProps } from "react";
import { cx } from "./cx";

const BOX =
  "w-full min-w-0 rounded-md border border-edge bg-surface px-2.5 text-base text-ink disabled:bg-sunken disabled:text-muted read-only:bg-sunken";

export function Input({ className, ...rest }: ComponentProps<"input">) {
  return <input className={cx(BOX, "h-8", className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<"textarea">) {
  return <textarea className={cx(BOX, "resize-y py-1.5", className)} {...rest} />;
}

export function Select({ className, children, ...rest }: ComponentProps<"select">) {
  return (
    <div className={cx("relative min-w-0", className)}>
      <select className={cx(BOX, "h-8 appearance-none truncate bg-surface! pr-7")} {...rest}>
        {children}
      </select>
      <ChevronDown
        size={14}
        aria-hidden
        className="pointer-events-none absolute top-2.5 right-2 text-muted"
      />
    </div>
  );
}
