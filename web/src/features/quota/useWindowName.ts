import { useTranslation } from "react-i18next";
import type { QuotaWindow } from "@/api/types";
import { useFormat } from "@/i18n/format";

/** What a window is called: by its kind, by its length where it has no name, and by its meter. */
export function useWindowName(): (window: QuotaWindow) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return ({ kind, length_seconds, meter }) => {
    const name = kind === "other" ? format.span(length_seconds) : t(`quota.kind.${kind}`);
    return meter === null ? name : t("quota.metered", { name, meter });
  };
}
