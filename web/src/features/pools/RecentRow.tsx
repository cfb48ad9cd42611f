import { Link } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PoolRequest } from "@/api/types";
import { Button, buttonClass } from "@/components/Button";
import { cx } from "@/components/cx";
import { RelativeTime } from "@/components/RelativeTime";
import { Td } from "@/components/Table";
import { DecisionView } from "@/features/requests/DecisionView";
import { RouteMark } from "@/features/requests/RouteMark";
import { TraceStatusWord } from "@/features/requests/TraceStatusWord";
import { useFormat } from "@/i18n/format";

export const COLUMNS = 6;

/** The accounts that were tried before the one that answered. */
function triedBefore({ provider_name, selected_provider, failover_providers = [] }: PoolRequest): string[] {
  return [selected_provider, ...failover_providers].filter(
    (it) => it != null && it !== provider_name,
  ) as string[];
}

/** A request of the pool; it unfolds to why it went to this account. */
export function RecentRow({ request }: { request: PoolRequest }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <tr className="hover:bg-hover">
        <Td className="whitespace-nowrap">
          <RelativeTime at={request.started_at} />
        </Td>
        <Td className="whitespace-nowrap">
          {request.provider_name ?? <span className="text-muted">–</span>}{" "}
          {/* Tried at several accounts and served by none, it is neither. */}
          {(request.used_failover || request.attempt_count <= 1) && (
            <RouteMark failover={request.used_failover} failed={triedBefore(request)} />
          )}
        </Td>
        <Td className="whitespace-nowrap font-mono text-xs">{request.model}</Td>
        <Td>
          <TraceStatusWord status={request.status} />
        </Td>
        <Td className="tabular whitespace-nowrap text-right">{format.duration(request.duration_ms)}</Td>
        <Td>
          <div className="sm:text-right">
            <Button
              size="sm"
              look="quiet"
              aria-expanded={open}
              aria-controls={id}
              onClick={() => setOpen(!open)}
            >
              <ChevronRight
                size={14}
                aria-hidden
                className={cx("transition-transform", open && "rotate-90")}
              />
              {t("pools.why")}
            </Button>
          </div>
        </Td>
      </tr>
      {open && (
        <tr id={id}>
          <Td colSpan={COLUMNS} className="own-line bg-sunken">
            <div className="flex flex-col items-start gap-2 py-1.5">
              <DecisionView decision={request.decision} />
              <Link
                to="/requests"
                search={{ request: request.trace_id }}
                className={buttonClass("plain", "sm")}
              >
                {t("pools.request_details")}
              </Link>
            </div>
          </Td>
        </tr>
      )}
    </>
  );
}
