import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { RequestDetail } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { Facts } from "@/components/Facts";
import { Loaded } from "@/components/Loaded";
import { Notice } from "@/components/Notice";
import { RelativeTime } from "@/components/RelativeTime";
import { useRequest } from "@/hooks/useRequests";
import { useFormat } from "@/i18n/format";
import { Attempts } from "./Attempts";
import { DecisionView } from "./DecisionView";
import { TraceStatusWord } from "./TraceStatusWord";

function RequestFacts({ request }: { request: RequestDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { usage } = request;
  return (
    <Facts
      facts={[
        [
          t("requests.status_column"),
          <TraceStatusWord key="status" status={request.status} title={request.error_message} />,
        ],
        ["HTTP", request.http_status],
        [t("requests.time"), <RelativeTime key="time" at={request.started_at} />],
        [t("requests.duration"), format.duration(request.duration_ms)],
        [
          t("requests.first_event"),
          request.first_event_ms == null ? null : format.duration(request.first_event_ms),
        ],
        [t("requests.pool"), request.pool_owner],
        [t("requests.model"), request.model],
        [t("requests.served_model"), request.served_model],
        [t("requests.agent"), request.agent_key],
        [t("requests.endpoint"), request.endpoint],
        [t("requests.client"), request.client],
        [t("requests.input_tokens"), usage && format.whole(usage.input_tokens)],
        [t("requests.cached_tokens"), usage && format.whole(usage.cached_input_tokens)],
        [t("requests.output_tokens"), usage && format.whole(usage.output_tokens)],
        [t("requests.reasoning_tokens"), usage && format.whole(usage.reasoning_tokens)],
      ]}
    />
  );
}

/** One request: what was asked, what came of it, why it went where it went, and which accounts were tried. */
export function RequestDetails({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const query = useRequest(id);
  const gone = query.error instanceof ApiError && query.error.status === 404;
  return (
    <Dialog
      onClose={onClose}
      title={t("requests.details")}
      lead={<code className="font-mono">{id}</code>}
      wide
    >
      {gone ? (
        <p className="text-muted">{t("requests.gone")}</p>
      ) : (
        <Loaded query={query}>
          {(request) => (
            <div className="flex flex-col gap-4">
              {request.error_message && (
                <Notice tone="bad">
                  {request.error_message}
                  {request.error_code && (
                    <span className="block font-mono text-xs">{request.error_code}</span>
                  )}
                </Notice>
              )}
              <RequestFacts request={request} />
              <section>
                <h3 className="mb-1 font-semibold">{t("requests.decision.title")}</h3>
                <DecisionView decision={request.decision} />
              </section>
              <Attempts request={request} />
            </div>
          )}
        </Loaded>
      )}
    </Dialog>
  );
}
