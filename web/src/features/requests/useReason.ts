import { useTranslation } from "react-i18next";
import type { Exclusion } from "@/api/types";

const KNOWN = [
  "disabled",
  "signed_out",
  "needs_reauth",
  "exhausted",
  "cooling_down",
  "half_open",
  "overloaded",
  "spend_limit",
  "not_included",
  "payment_required",
  "forbidden",
  "model_not_in_plan",
  "busy",
  "foreign_conversation",
] as const;

/** Why an account was left out, in the words of the page; a reason we do not know stands as it came. */
export function useReason(): (excluded: Exclusion) => string {
  const { t } = useTranslation();
  return ({ reason, detail }) => {
    const known = KNOWN.find((it) => it === reason);
    return known ? t(`requests.left_out.${known}`) : detail || reason;
  };
}
