import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Trace } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { Card } from "@/components/Card";
import { NoRequests } from "@/features/requests/NoRequests";
import { TraceTable } from "@/features/requests/TraceTable";

export function RecentRequests({ traces }: { traces: Trace[] }) {
  const { t } = useTranslation();
  return (
    <Card
      title={t("overview.recent")}
      actions={
        <Link to="/requests" className={buttonClass("quiet", "sm")}>
          {t("overview.all_requests")}
        </Link>
      }
    >
      {traces.length > 0 ? <TraceTable traces={traces} label={t("overview.recent")} /> : <NoRequests />}
    </Card>
  );
}
