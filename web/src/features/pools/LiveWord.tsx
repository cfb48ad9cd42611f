import { useTranslation } from "react-i18next";
import { StatusWord, type Tone } from "@/components/StatusWord";
import type { LiveState } from "@/hooks/live";
import { useLiveState } from "@/hooks/useLiveFeed";

const TONES: Record<LiveState, Tone> = { live: "good", connecting: "idle", lost: "warn" };

/** Whether the page follows what happens, or asks every few seconds. */
export function LiveWord() {
  const { t } = useTranslation();
  const state = useLiveState();
  return (
    <span role="status" className="inline-flex">
      <StatusWord tone={TONES[state]} title={t(`live.${state}.detail`)}>
        {t(`live.${state}.word`)}
      </StatusWord>
    </span>
  );
}
