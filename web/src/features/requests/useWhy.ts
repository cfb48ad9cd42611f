import { useTranslation } from "react-i18next";
import type { Decision } from "@/api/types";

const KNOWN = [
  "only",
  "owner",
  "primary",
  "next",
  "turn",
  "quota",
  "home",
  "loan",
  "last_resort",
  "nobody",
] as const satisfies readonly NonNullable<Decision["why_code"]>[];

/** Why the first account is the first, in the words of the page; what another gateway wrote stands as it came. */
export function useWhy(): (decision: Decision) => string {
  const { t } = useTranslation();
  return ({ why, why_code: code }) => {
    const known = KNOWN.find((it) => it === code);
    return known ? t(`requests.decision.why.${known}`) : why;
  };
}
