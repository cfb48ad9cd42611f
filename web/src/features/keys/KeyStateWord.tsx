import { useTranslation } from "react-i18next";
import type { KeyState } from "@/api/access";
import { StatusWord } from "@/components/StatusWord";

const TONES = {
  active: "good",
  expired: "warn",
  revoked: "idle",
  owner_disabled: "warn",
  owner_gone: "idle",
} as const;

export function KeyStateWord({ state }: { state: KeyState }) {
  const { t } = useTranslation();
  return <StatusWord tone={TONES[state]}>{t(`keys.state.${state}`)}</StatusWord>;
}
