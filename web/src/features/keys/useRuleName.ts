import { useTranslation } from "react-i18next";
import type { LimitRule } from "@/api/access";
import { isWindowed } from "./limits";

/** "Tokens per day", "Streams at once". */
export function useRuleName(): (rule: LimitRule) => string {
  const { t } = useTranslation();
  return ({ meter, window }) =>
    isWindowed(meter)
      ? t("keys.per", { meter: t(`keys.meter.${meter}`), window: t(`keys.window.${window ?? "day"}`) })
      : t(`keys.meter.${meter}`);
}
