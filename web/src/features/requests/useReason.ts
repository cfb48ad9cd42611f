import { useTranslation } from "react-i18next";
import type { Exclusion } from "@/api/types";
import { useFaultTitle } from "@/features/errors/useFaultTitle";

/** States of an account that are no failure. */
const CALM = [
  "disabled",
  "signed_out",
  "cooling_down",
  "busy",
  "foreign_conversation",
  "draining",
] as const satisfies readonly Exclusion["reason"][];

/** Why an account was left out, in the words of the page; one of a newer gateway stands as it came. */
export function useReason(): (excluded: Exclusion) => string {
  const { t } = useTranslation();
  const faultTitle = useFaultTitle();
  return ({ reason, detail }) => {
    const calm = CALM.find((it) => it === reason);
    return calm ? t(`requests.left_out.${calm}`) : (faultTitle({ code: reason }) ?? (detail || reason));
  };
}
