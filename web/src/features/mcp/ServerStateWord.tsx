import { useTranslation } from "react-i18next";
import type { McpState } from "@/api/loop";
import { StatusWord } from "@/components/StatusWord";

const TONES = { connected: "good", connecting: "warn", failed: "bad", disabled: "idle" } as const;

export function ServerStateWord({ state }: { state: McpState }) {
  const { t } = useTranslation();
  return <StatusWord tone={TONES[state]}>{t(`mcp.state.${state}`)}</StatusWord>;
}
