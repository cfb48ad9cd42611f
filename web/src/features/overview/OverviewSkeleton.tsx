import { useTranslation } from "react-i18next";
import { cx } from "@/components/cx";

const BLOCK = "animate-pulse rounded-lg border border-line bg-surface";

/** The page's areas before they are known, in the sizes that they will have. */
export function OverviewSkeleton() {
  const { t } = useTranslation();
  return (
    <div role="status" className="flex flex-col gap-4">
      <span className="sr-only">{t("common.loading")}</span>
      <div aria-hidden className="grid gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <div className={cx(BLOCK, "h-52")} />
        <div className={cx(BLOCK, "h-52")} />
      </div>
      <div aria-hidden className={cx(BLOCK, "h-80")} />
      <div aria-hidden className={cx(BLOCK, "h-18")} />
      <div aria-hidden className={cx(BLOCK, "h-96")} />
    </div>
  );
}
