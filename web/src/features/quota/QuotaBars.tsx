import { useTranslation } from "react-i18next";
import type { ProviderQuota } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { QuotaBar } from "./QuotaBar";
import { forecastFor, sortWindows } from "./windows";

interface QuotaBarsProps {
  quota: ProviderQuota | undefined;
  generatedAt: string;
}

/** All windows of an account. Without a reading it says so: unknown is neither full nor empty. */
export function QuotaBars({ quota, generatedAt }: QuotaBarsProps) {
  const { t } = useTranslation();
  const bought = quota?.credits?.has_credits ? quota.credits : null;
  const credits = bought?.unlimited ? t("quota.unlimited") : bought?.balance;
  const resets = quota?.reset_credits?.available ?? 0;
  const windows = sortWindows(quota?.windows ?? []);
  return (
    <div className="flex flex-col gap-2.5">
      {quota?.error && (
        <p className="text-bad text-xs [overflow-wrap:anywhere]">
          {t("quota.failed", { reason: quota.error })} {quota.action_hint}
          {quota.last_updated && (
            <span className="text-muted">
              {" "}
              <RelativeTime at={quota.last_updated} />
            </span>
          )}
        </p>
      )}
      {windows.length === 0 && !quota?.error && <p className="text-muted text-xs">{t("quota.none")}</p>}
      {windows.length > 0 && (
        <div className="grid gap-x-6 gap-y-2.5 sm:grid-cols-2">
          {windows.map((window) => (
            <QuotaBar
              key={`${window.meter ?? ""}/${window.label}`}
              window={window}
              forecast={quota ? forecastFor(quota, window) : null}
              generatedAt={generatedAt}
            />
          ))}
        </div>
      )}
      {resets > 0 && <p className="text-muted text-xs">{t("quota.early_resets", { count: resets })}</p>}
      {credits && (
        <p className="text-muted text-xs">
          {t("quota.credits")} {credits}
        </p>
      )}
    </div>
  );
}
