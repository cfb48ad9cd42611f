import { useTranslation } from "react-i18next";
import type { TraceStatus } from "@/api/types";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { TRACE_STATUSES } from "@/routes/search";

const TONES: Record<TraceStatus, Tone> = {
  completed: "good",
  incomplete: "warn",
  cancelled: "idle",
  failed: "bad",
  refused: "bad",
};

/** What came of a request. A status that this page does not know stands as it came. */
export function TraceStatusWord({ status, title }: { status: string; title?: string | null }) {
  const { t } = useTranslation();
  const known = TRACE_STATUSES.find((it) => it === status);
  return (
    <StatusWord tone={known ? TONES[known] : "idle"} {...(title && { title })}>
      {known ? t(`requests.status.${known}`) : status}
    </StatusWord>
  );
}
