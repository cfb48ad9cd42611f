import type { ReactNode } from "react";
import { cx } from "./cx";

interface CardProps {
  title?: ReactNode;
  actions?: ReactNode;
  className?: string;
  children: ReactNode;
}

/** A titled area of a page. */
export function Card({ title, actions, className, children }: CardProps) {
  return (
    <section className={cx("min-w-0 rounded-lg border border-line bg-surface", className)}>
      {title != null && (
        <header className="flex min-h-10 items-center justify-between gap-3 border-line border-b px-3.5 py-1.5">
          <h2 className="font-semibold text-base">{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}
