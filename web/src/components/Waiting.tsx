import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "./cx";

/** Stands, in its size, for an area that is still loading, so that nothing moves when it is there. */
export function Block({ className }: { className: string }) {
  return (
    <div aria-hidden className={cx("animate-pulse rounded-lg border border-line bg-surface", className)} />
  );
}

/** Blocks, and the word for who does not see them. */
export function Waiting({ className, children }: { className?: string; children: ReactNode }) {
  const { t } = useTranslation();
  return (
    <div role="status" className={className}>
      <span className="sr-only">{t("common.loading")}</span>
      {children}
    </div>
  );
}
