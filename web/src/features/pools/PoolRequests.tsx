import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { PoolRequest } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { type Column, DataTable, NONE } from "@/components/DataTable";
import { RelativeTime } from "@/components/RelativeTime";
import { DecisionView } from "@/features/requests/DecisionView";
import { RouteMark } from "@/features/requests/RouteMark";
import { TraceStatusWord } from "@/features/requests/TraceStatusWord";
import { useFormat } from "@/i18n/format";

/** The accounts that were tried before the one that answered. */
function triedBefore({ provider_name, selected_provider, failover_providers = [] }: PoolRequest): string[] {
  return [selected_provider, ...failover_providers].filter(
    (it) => it != null && it !== provider_name,
  ) as string[];
}

/** The last requests of a pool; each unfolds to why it went to its account. */
export function PoolRequests({ pool, requests }: { pool: string; requests: PoolRequest[] }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo(
    (): Column<PoolRequest>[] => [
      {
        id: "time",
        header: t("requests.time"),
        className: "whitespace-nowrap",
        width: 7.5,
        cell: ({ started_at }) => <RelativeTime at={started_at} />,
      },
      {
        id: "account",
        header: t("requests.account"),
        className: "whitespace-nowrap",
        width: 13,
        cell: (request) => (
          <>
            {request.provider_name ?? NONE}{" "}
            {/* Tried at several accounts and served by none, it is neither. */}
            {(request.used_failover || request.attempt_count <= 1) && (
              <RouteMark failover={request.used_failover} failed={triedBefore(request)} />
            )}
          </>
        ),
      },
      {
        id: "model",
        header: t("requests.model"),
        className: "whitespace-nowrap font-mono text-xs",
        cell: ({ model }) => model,
      },
      {
        id: "status",
        header: t("requests.status_column"),
        width: 7.5,
        cell: ({ status }) => <TraceStatusWord status={status} />,
      },
      {
        id: "duration",
        header: t("requests.duration"),
        align: "right",
        className: "whitespace-nowrap",
        width: 5.5,
        cell: ({ duration_ms }) => format.duration(duration_ms),
      },
    ],
    [i18n.language],
  );
  return (
    <DataTable
      label={`${t("pools.recent")}: ${pool}`}
      columns={columns}
      rows={requests}
      rowId={({ span_id }) => span_id}
      empty={<p className="px-3.5 py-4 text-muted">{t("pools.no_requests")}</p>}
      details={{
        label: () => t("pools.why"),
        render: ({ decision, trace_id }) => (
          <div className="flex flex-col items-start gap-2">
            <DecisionView decision={decision} />
            <Link to="/requests" search={{ request: trace_id }} className={buttonClass("plain", "sm")}>
              {t("pools.request_details")}
            </Link>
          </div>
        ),
      }}
    />
  );
}
