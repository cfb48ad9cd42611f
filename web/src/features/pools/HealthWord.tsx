import { useTranslation } from "react-i18next";
import type { PoolHealthState, PoolProviderCounts } from "@/api/types";
import { StatusWord, type Tone } from "@/components/StatusWord";

const TONES: Record<PoolHealthState, Tone> = {
  healthy: "good",
  degraded: "warn",
  critical: "bad",
  idle: "idle",
};

/** The account's health as a word with its score; an account without outcomes has none. */
export function HealthWord({ counts }: { counts: PoolProviderCounts | undefined }) {
  const { t } = useTranslation();
  const state = counts?.health_state ?? "idle";
  const score = counts && state !== "idle" ? ` ${counts.health_score}` : "";
  const detail = counts
    ? t("pools.health_detail", {
        rate: counts.success_rate,
        success: counts.success_count,
        failure: counts.failure_count,
        streak: counts.consecutive_failures,
      })
    : undefined;
  return (
    <StatusWord tone={TONES[state]} {...(detail && { title: detail })}>
      {t(`pools.health.${state}`)}
      {score}
    </StatusWord>
  );
}
