import { CornerDownRight } from "lucide-react";
import { useTranslation } from "react-i18next";

/** Whether the account was the first choice, or stepped in for another. */
export function RouteMark({ failover, failed }: { failover: boolean; failed?: readonly string[] }) {
  const { t } = useTranslation();
  if (!failover) return <span className="text-muted text-xs">{t("requests.direct")}</span>;
  const title =
    failed && failed.length > 0 ? t("requests.failed_before", { accounts: failed.join(", ") }) : undefined;
  return (
    <span className="whitespace-nowrap text-warn text-xs" {...(title && { title })}>
      <CornerDownRight size={12} aria-hidden className="mr-0.5 inline" />
      {t("requests.failover")}
    </span>
  );
}
