import { useTranslation } from "react-i18next";
import type { Exclusion } from "@/api/types";

const KNOWN: ReadonlySet<string> = new Set<Exclusion["reason"]>([
  "disabled",
  "signed_out",
  "needs_reauth",
  "exhausted",
  "cooling_down",
  "spend_limit",
  "not_included",
  "payment_required",
  "forbidden",
  "model_not_in_plan",
  "busy",
  "foreign_conversation",
]);

/** Why an account was left out, in the words of the page; one of a newer gateway stands as it came. */
export function useReason(): (excluded: Exclusion) => string {
  const { t } = useTranslation();
  return ({ reason, detail }) => (KNOWN.has(reason) ? t(`requests.left_out.${reason}`) : detail || reason);
}
