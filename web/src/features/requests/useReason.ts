import { useTranslation } from "react-i18next";

const KNOWN = [
  "cooling_down",
  "exhausted",
  "needs_reauth",
  "disabled",
  "signed_out",
  "model_not_in_plan",
  "half_open",
  "overloaded",
] as const;

/** Why an account was left out, in the words of the page; a reason we do not know stands as it came. */
export function useReason(): (reason: string) => string {
  const { t } = useTranslation();
  return (reason) => {
    const known = KNOWN.find((it) => it === reason);
    return known ? t(`requests.left_out.${known}`) : reason;
  };
}
