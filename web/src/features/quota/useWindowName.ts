import { useTranslation } from "react-i18next";
import type { QuotaWindow } from "@/api/types";
import { useFormat } from "@/i18n/format";

type Named = Pick<QuotaWindow, "kind" | "length_seconds"> & { meter?: string | null };

/** What a window is called: by its kind, by its length where it has no name, and by its meter. */
export function useWindowName(): (window: Named) => string {
  const { t } = useTranslation();
  const format = useFormat();
  return ({ kind, length_seconds, meter = null }) => {
    const name = kind === "other" ? format.span(length_seconds) : t(`quota.kind.${kind}`);
    return meter === null ? name : t("quota.metered", { name, meter });
  };
}
