import { useBlocker } from "@tanstack/react-router";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { AskDialog } from "@/components/AskDialog";

/** Asks before what is written and not saved is left. */
export function LeaveGuard({ isDirty }: { isDirty: RefObject<boolean> }) {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty.current,
    enableBeforeUnload: () => isDirty.current,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <AskDialog
      title={t("agents.leave_title")}
      action={t("agents.leave")}
      onConfirm={blocker.proceed}
      onClose={blocker.reset}
    >
      {t("agents.leave_lead")}
    </AskDialog>
  );
}
