import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Notice } from "@/components/Notice";
import { useOnline, useReachable } from "@/hooks/useReachable";
import { useSession } from "@/hooks/useSession";

/** Says that the gateway does not answer, and that the page keeps trying. */
export function ConnectionBanner() {
  const { t } = useTranslation();
  const reachable = useReachable();
  const online = useOnline();
  const session = useSession();
  if (reachable) return null;
  return (
    <Notice tone="warn" className="no-print sticky top-13 z-20 m-3 mb-0 shadow-float sm:mx-6 md:top-2">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p>
          <strong>{t(online ? "connection.title" : "connection.offline")}</strong> {t("connection.retrying")}
        </p>
        <Button size="sm" busy={session.isFetching} onClick={() => void session.refetch()}>
          {t("common.retry")}
        </Button>
      </div>
    </Notice>
  );
}
