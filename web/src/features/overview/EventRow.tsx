import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Provider, Trace } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { useFormat } from "@/i18n/format";
import { useFaultTitle } from "../errors/useFaultTitle";
import { ProviderStateWord } from "../providers/ProviderStateWord";
import { RouteMark } from "../requests/RouteMark";
import { TraceStatusWord } from "../requests/TraceStatusWord";
import { TraceTokens } from "../requests/TraceTokens";
import type { Happened } from "./events";

const LINK = "underline decoration-line underline-offset-3 hover:decoration-current";

function Row({
  at,
  state,
  children,
  end,
}: {
  at: ReactNode;
  state: ReactNode;
  children: ReactNode;
  end?: ReactNode;
}) {
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-0.5 px-3.5 py-1.5 text-sm hover:bg-hover sm:grid sm:grid-cols-[6.5rem_8.5rem_minmax(0,1fr)_auto]">
      <span>{at}</span>
      <span>{state}</span>
      <span className="min-w-0 max-sm:basis-full sm:truncate">{children}</span>
      {end && <span className="tabular flex gap-4 text-muted text-xs max-sm:basis-full">{end}</span>}
    </li>
  );
}

function RequestRow({ trace, failed }: { trace: Trace; failed: string[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const model = trace.agent_key ? `agent:${trace.agent_key}` : trace.model;
  return (
    <Row
      at={
        <Link to="/requests" search={{ request: trace.id }} className={LINK}>
          <RelativeTime at={trace.started_at} />
        </Link>
      }
      state={<TraceStatusWord status={trace.status} title={trace.error_message} />}
      end={
        <>
          <TraceTokens trace={trace} />
          <span className="w-14 sm:text-right">{format.duration(trace.duration_ms)}</span>
        </>
      }
    >
      <span className="font-medium">{trace.provider_name ?? t("overview.events.nobody")}</span>
      <span className="text-muted"> · </span>
      <span className="font-mono text-xs">{model}</span>{" "}
      {trace.used_failover && <RouteMark failover failed={failed} />}
      {failed.length > 0 && (
        <span className="text-muted text-xs">
          {" "}
          {t("requests.failed_before", { accounts: failed.join(", ") })}
        </span>
      )}
    </Row>
  );
}

function StateRow({ provider, at }: { provider: Provider; at: string }) {
  const { state, reason } = provider.status;
  const title = useFaultTitle()({ code: reason });
  return (
    <Row at={<RelativeTime at={at} />} state={<ProviderStateWord state={state} />}>
      <span className="font-medium">{provider.name}</span>
      {reason && <span className="text-muted"> · {title ?? reason}</span>}
    </Row>
  );
}

export function EventRow({ event }: { event: Happened }) {
  return event.kind === "request" ? (
    <RequestRow trace={event.trace} failed={event.failed} />
  ) : (
    <StateRow provider={event.provider} at={event.at} />
  );
}
