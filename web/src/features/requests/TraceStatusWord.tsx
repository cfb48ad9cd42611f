import { useTranslation } from "react-i18next";
import type { Trace, TraceStatus } from "@/api/types";
import { StatusWord, type Tone } from "@/components/StatusWord";

const TONES: Record<TraceStatus, Tone> = {
  completed: "good",
  incomplete: "warn",
  cancelled: "idle",
  failed: "bad",
  refused: "bad",
};

export function TraceStatusWord({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  return (
    <StatusWord tone={TONES[trace.status]} title={trace.error_message ?? undefined}>
      {t(`requests.status.${trace.status}`)}
    </StatusWord>
  );
}
