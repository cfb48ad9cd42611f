import { useTranslation } from "react-i18next";
import type { ProviderState } from "@/api/types";
import { StatusWord, type Tone } from "@/components/StatusWord";

const TONES: Record<ProviderState, Tone> = {
  ready: "good",
  cooling_down: "warn",
  exhausted: "warn",
  draining: "warn",
  needs_reauth: "bad",
  signed_out: "idle",
  disabled: "idle",
};

/** A provider's state as a word. */
export function ProviderStateWord({ state }: { state: ProviderState }) {
  const { t } = useTranslation();
  return <StatusWord tone={TONES[state]}>{t(`providers.state.${state}`)}</StatusWord>;
}
