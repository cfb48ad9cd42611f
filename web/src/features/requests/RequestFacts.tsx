import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { RequestDetail } from "@/api/types";
import { Facts } from "@/components/Facts";
import { useFormat } from "@/i18n/format";
import { RouteMark } from "./RouteMark";
import { failedBefore } from "./route";
import { TraceStatusWord } from "./TraceStatusWord";

/** What was asked, by whom, what came of it, and how long it took. */
export function RequestFacts({ request }: { request: RequestDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { first_event_ms: first, duration_ms: total, agent_key: agent } = request;
  return (
    <Facts
      facts={[
        [t("requests.status_column"), <TraceStatusWord key="status" status={request.status} />],
        ["HTTP", request.http_status],
        [t("requests.time"), <time key="time">{format.absoluteTime(Date.parse(request.started_at))}</time>],
        [t("requests.duration"), format.duration(total)],
        [t("requests.first_event"), first == null ? null : format.duration(first)],
        [t("requests.streaming"), first == null || total < first ? null : format.duration(total - first)],
        [
          t("requests.account"),
          request.provider_name && (
            <span key="account">
              {request.provider_name}{" "}
              {request.attempt_count > 0 && (
                <RouteMark failover={request.used_failover} failed={failedBefore(request)} />
              )}
            </span>
          ),
        ],
        [t("requests.pool"), request.pool_owner],
        [t("requests.model"), request.model],
        [t("requests.served_model"), request.served_model],
        [
          t("requests.agent"),
          agent && (
            <Link key="agent" to="/agents" search={{ edit: agent }} className="underline underline-offset-2">
              {agent}
            </Link>
          ),
        ],
        [t("requests.key"), request.key_name ?? request.key_id],
        [t("requests.endpoint"), t(`requests.endpoints.${request.endpoint}`)],
        [t("requests.client"), t(`requests.clients.${request.client}`)],
      ]}
    />
  );
}
