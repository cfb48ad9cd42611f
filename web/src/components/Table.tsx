import type { ComponentProps } from "react";
import { cx } from "./cx";

/** A table that scrolls sideways by itself on a narrow screen, also by keyboard. */
export function Table({ label, children }: { label: string; children: ComponentProps<"table">["children"] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className="stack-narrow w-full border-collapse text-left text-sm">{children}</table>
    </section>
  );
}

export function Th({ className, ...rest }: ComponentProps<"th">) {
  return (
    <th
      scope="col"
      className={cx(
        "whitespace-nowrap border-line border-b px-3 py-1.5 font-medium text-muted text-xs",
        className,
      )}
      {...rest}
    />
  );
}

export function Td({ className, ...rest }: ComponentProps<"td">) {
  return (
    <td className={cx("align-middle sm:border-line sm:border-b sm:px-3 sm:py-1.5", className)} {...rest} />
  );
}
