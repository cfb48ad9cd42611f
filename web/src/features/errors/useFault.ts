import { useTranslation } from "react-i18next";
import { faultOf, type Said } from "./catalogue";

export interface FaultWords {
  /** What went wrong, as a part of a sentence: "its quota is used up". */
  title: string;
  /** What to do, in a sentence or two. */
  help: string;
}

/** A failure in the words of the page; `null` where the catalogue has none. */
export function useFault(): (said: Said) => FaultWords | null {
  const { t } = useTranslation();
  return (said) => {
    const fault = faultOf(said);
    return fault && { title: t(`faults.${fault}.title`), help: t(`faults.${fault}.help`) };
  };
}
