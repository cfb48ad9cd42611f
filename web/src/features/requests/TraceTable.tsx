import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Trace } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { Table, Td, Th } from "@/components/Table";
import { useFormat } from "@/i18n/format";
import type { RequestsSearch } from "@/routes/search";
import { RouteMark } from "./RouteMark";
import { failedBefore } from "./route";
import { TraceStatusWord } from "./TraceStatusWord";
import { TraceTokens } from "./TraceTokens";

interface TraceTableProps {
  traces: Trace[];
  label: string;
  /** The filters that a link to a request's details keeps. */
  filters?: RequestsSearch;
}

export function TraceTable({ traces, label, filters = {} }: TraceTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Table label={label}>
      <thead>
        <tr>
          <Th>{t("requests.time")}</Th>
          <Th>{t("requests.status_column")}</Th>
          <Th>{t("requests.account")}</Th>
          <Th>{t("requests.model")}</Th>
          <Th className="text-right">{t("requests.tokens")}</Th>
          <Th className="text-right">{t("requests.duration")}</Th>
        </tr>
      </thead>
      <tbody className="sm:[&>tr:last-child>td]:border-b-0">
        {traces.map((trace) => (
          <tr key={trace.id} className="hover:bg-hover">
            <Td>
              <Link
                to="/requests"
                search={{ ...filters, request: trace.id }}
                className="underline decoration-line underline-offset-3 hover:decoration-current"
              >
                <RelativeTime at={trace.started_at} />
              </Link>
            </Td>
            <Td>
              <TraceStatusWord status={trace.status} title={trace.error_message} />
            </Td>
            <Td className="whitespace-nowrap">
              {trace.provider_name ?? <span className="text-muted">–</span>}{" "}
              {trace.used_failover && <RouteMark failover failed={failedBefore(trace)} />}
            </Td>
            <Td className="whitespace-nowrap font-mono text-xs">
              {trace.agent_key ? `agent:${trace.agent_key}` : trace.model}
            </Td>
            <Td className="tabular whitespace-nowrap text-right">
              <TraceTokens trace={trace} />
            </Td>
            <Td className="tabular whitespace-nowrap text-right">{format.duration(trace.duration_ms)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
