import { useTranslation } from "react-i18next";
import type { UpstreamIncident } from "@/api/types";
import { Notice } from "@/components/Notice";
import { RelativeTime } from "@/components/RelativeTime";

const CAUSES = [
  "connection",
  "timeout",
  "server_error",
  "overload",
  "broken_stream",
  "empty_answer",
  "blocked",
  "forbidden",
  "unauthorized",
  "token_unavailable",
] as const;

/** Says that many accounts fail alike: it is the upstream, and nothing that could be mended here. */
export function IncidentBanner({ incident }: { incident: UpstreamIncident | null | undefined }) {
  const { t } = useTranslation();
  if (!incident) return null;
  const cause = CAUSES.find((it) => it === incident.cause);
  return (
    <Notice tone="bad" className="mb-4">
      <strong>{t("incident.title")}</strong> {cause ? t(`incident.cause.${cause}`) : incident.cause}.{" "}
      {t("incident.tail", { count: incident.accounts })} <RelativeTime at={incident.since} />.
    </Notice>
  );
}
