import { useTranslation } from "react-i18next";
import { faultOf, type Said } from "./catalogue";

/** What went wrong, as a part of a sentence: "its quota is used up"; `null` where the catalogue has no words. */
export function useFaultTitle(): (said: Said) => string | null {
  const { t } = useTranslation();
  return (said) => {
    const fault = faultOf(said);
    return fault && t(`faults.${fault}.title`);
  };
}
