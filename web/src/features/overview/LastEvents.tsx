import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Provider, Trace } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { Card } from "@/components/Card";
import { NoRequests } from "../requests/NoRequests";
import { EventRow } from "./EventRow";
import { happenedLately } from "./events";

const SHOWN = 10;

/** The last requests and changes of accounts, together in their order. */
export function LastEvents({ traces, providers }: { traces: Trace[]; providers: Provider[] }) {
  const { t } = useTranslation();
  const events = happenedLately(traces, providers, SHOWN);
  return (
    <Card
      title={t("overview.events.title")}
      actions={
        <Link to="/requests" className={buttonClass("quiet", "sm")}>
          {t("overview.all_requests")}
        </Link>
      }
    >
      {traces.length === 0 ? (
        <NoRequests />
      ) : (
        <ol className="divide-y divide-line">
          {events.map((event) => (
            <EventRow key={event.key} event={event} />
          ))}
        </ol>
      )}
    </Card>
  );
}
