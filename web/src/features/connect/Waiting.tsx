import { LoaderCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { PendingLogin } from "@/api/types";
import { Button } from "@/components/Button";
import { RelativeTime } from "@/components/RelativeTime";
import type { LoginFlow } from "./useLoginFlow";

/** Says that we wait for the other tab, until when, and lets one give up. */
export function Waiting({ flow, pending }: { flow: LoginFlow; pending: PendingLogin }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-wrap items-center justify-between gap-3 border-line border-t pt-3">
      <p role="status" className="flex items-center gap-2 text-muted text-sm">
        <LoaderCircle size={15} aria-hidden className="animate-spin" />
        <span>
          {t("connect.waiting")} {t("connect.expires")} <RelativeTime at={pending.expires_at} />
        </span>
      </p>
      <Button size="sm" busy={flow.cancel.isPending} onClick={flow.stop}>
        {t("connect.cancel")}
      </Button>
    </div>
  );
}
