import { useTranslation } from "react-i18next";
import type { Trace } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { Facts } from "@/components/Facts";
import { Notice } from "@/components/Notice";
import { RelativeTime } from "@/components/RelativeTime";
import { useFormat } from "@/i18n/format";
import { Attempts } from "./Attempts";
import { TraceStatusWord } from "./TraceStatusWord";

function TraceFacts({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { usage } = trace;
  return (
    <Facts
      facts={[
        [t("requests.status_column"), <TraceStatusWord key="status" trace={trace} />],
        ["HTTP", trace.http_status],
        [t("requests.time"), <RelativeTime key="time" at={trace.started_at} />],
        [t("requests.duration"), format.duration(trace.duration_ms)],
        [
          t("requests.first_event"),
          trace.first_event_ms == null ? null : format.duration(trace.first_event_ms),
        ],
        [t("requests.model"), trace.model],
        [t("requests.served_model"), trace.served_model],
        [t("requests.agent"), trace.agent_key],
        [t("requests.endpoint"), trace.endpoint],
        [t("requests.client"), trace.client],
        [t("requests.input_tokens"), usage && format.whole(usage.input_tokens)],
        [t("requests.cached_tokens"), usage && format.whole(usage.cached_input_tokens)],
        [t("requests.output_tokens"), usage && format.whole(usage.output_tokens)],
        [t("requests.reasoning_tokens"), usage && format.whole(usage.reasoning_tokens)],
      ]}
    />
  );
}

/** One request: what was asked, what came of it, and which accounts were tried. */
export function TraceDetails({ trace, onClose }: { trace: Trace | undefined; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      onClose={onClose}
      title={t("requests.details")}
      lead={<code className="font-mono">{trace?.id}</code>}
      wide
    >
      {trace ? (
        <div className="flex flex-col gap-4">
          {trace.error_message && (
            <Notice tone="bad">
              {trace.error_message}
              {trace.error_code && <span className="block font-mono text-xs">{trace.error_code}</span>}
            </Notice>
          )}
          <TraceFacts trace={trace} />
          <Attempts attempts={trace.attempts} />
        </div>
      ) : (
        <p className="text-muted">{t("requests.gone")}</p>
      )}
    </Dialog>
  );
}
