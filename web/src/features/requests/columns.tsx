import { Link } from "@tanstack/react-router";
import type { TFunction } from "i18next";
import type { Trace } from "@/api/types";
import { type Column, NONE } from "@/components/DataTable";
import { RelativeTime } from "@/components/RelativeTime";
import type { useFormat } from "@/i18n/format";
import type { RequestsSearch } from "@/routes/search";
import { RouteMark } from "./RouteMark";
import { failedBefore } from "./route";
import { TraceFault } from "./TraceFault";
import { TraceStatusWord } from "./TraceStatusWord";
import { TraceTokens } from "./TraceTokens";

/** The columns of a list of requests; the first links to the details and keeps the filters. */
export function traceColumns(
  t: TFunction,
  format: ReturnType<typeof useFormat>,
  filters: RequestsSearch,
): Column<Trace>[] {
  const count = (value: number | undefined) => (value === undefined ? NONE : format.count(value));
  return [
    {
      id: "time",
      header: t("requests.time"),
      shown: "fixed",
      width: 7.5,
      cell: (trace) => (
        <Link
          to="/requests"
          search={{ ...filters, request: trace.id }}
          resetScroll={false}
          className="underline decoration-line underline-offset-3 hover:decoration-current"
        >
          <RelativeTime at={trace.started_at} />
        </Link>
      ),
    },
    {
      id: "status",
      header: t("requests.status_column"),
      width: 7.5,
      cell: ({ status, error_message }) => <TraceStatusWord status={status} title={error_message} />,
    },
    {
      id: "account",
      header: t("requests.account"),
      width: 13,
      className: "whitespace-nowrap",
      cell: (trace) => (
        <>
          {trace.provider_name ?? NONE}{" "}
          {trace.used_failover && <RouteMark failover failed={failedBefore(trace)} />}
        </>
      ),
    },
    {
      id: "model",
      header: t("requests.model"),
      width: 9.5,
      className: "whitespace-nowrap font-mono text-xs",
      cell: ({ model }) => model,
    },
    {
      id: "agent",
      header: t("requests.agent"),
      shown: "optional",
      width: 9,
      narrow: "named",
      className: "whitespace-nowrap",
      cell: ({ agent_key }) => agent_key ?? NONE,
    },
    {
      id: "key",
      header: t("requests.key"),
      width: 7,
      className: "whitespace-nowrap",
      narrow: "named",
      cell: ({ key_name: name, key_id: id }) => name ?? id ?? NONE,
    },
    {
      id: "cause",
      header: t("requests.cause"),
      shown: "optional",
      width: 16,
      narrow: "line",
      cell: (trace) => <TraceFault trace={trace} />,
    },
    {
      id: "tokens",
      header: t("requests.tokens"),
      align: "right",
      width: 10.5,
      className: "whitespace-nowrap",
      cell: (trace) => <TraceTokens trace={trace} />,
    },
    {
      id: "cached",
      header: t("requests.cached_column"),
      shown: "optional",
      align: "right",
      width: 7,
      narrow: "named",
      cell: ({ usage }) => count(usage?.cached_input_tokens),
    },
    {
      id: "reasoning",
      header: t("requests.reasoning_column"),
      shown: "optional",
      align: "right",
      width: 7,
      narrow: "named",
      cell: ({ usage }) => count(usage?.reasoning_tokens),
    },
    {
      id: "first",
      header: t("requests.first_event"),
      shown: "optional",
      align: "right",
      width: 8,
      narrow: "named",
      cell: ({ first_event_ms: first }) => (first === null ? NONE : format.duration(first)),
    },
    {
      id: "duration",
      header: t("requests.duration"),
      align: "right",
      width: 5.5,
      cell: ({ duration_ms }) => format.duration(duration_ms),
    },
    {
      id: "attempts",
      header: t("requests.attempts_column"),
      shown: "optional",
      align: "right",
      width: 7,
      narrow: "named",
      cell: ({ attempt_count }) => format.whole(attempt_count),
    },
    {
      id: "pool",
      header: t("requests.pool"),
      shown: "optional",
      width: 9,
      narrow: "named",
      cell: ({ pool_owner }) => pool_owner ?? NONE,
    },
    {
      id: "endpoint",
      header: t("requests.endpoint"),
      shown: "optional",
      width: 9,
      narrow: "named",
      cell: ({ endpoint }) => t(`requests.endpoints.${endpoint}`),
    },
    {
      id: "client",
      header: t("requests.client"),
      shown: "optional",
      width: 7,
      narrow: "named",
      cell: ({ client }) => t(`requests.clients.${client}`),
    },
    {
      id: "id",
      header: t("requests.id"),
      shown: "optional",
      width: 20,
      narrow: "line",
      className: "font-mono text-xs",
      cell: ({ id }) => id,
    },
  ];
}
