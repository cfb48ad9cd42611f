import { useBlocker } from "@tanstack/react-router";
import { type RefObject, useRef } from "react";
import { useTranslation } from "react-i18next";
import { AskDialog } from "../AskDialog";

export interface Guard {
  isDirty: RefObject<boolean>;
}

/** Watches over what is written and not saved. */
export function useGuard(dirty: boolean): Guard {
  const isDirty = useRef(dirty);
  isDirty.current = dirty;
  return { isDirty };
}

/** Asks before what is written and not saved is left: by a link, by going back, by closing its window or the tab. */
export function LeaveGuard({ guard: { isDirty } }: { guard: Guard }) {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty.current,
    enableBeforeUnload: () => isDirty.current,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <AskDialog
      title={t("form.leave_title")}
      action={t("form.leave")}
      onConfirm={blocker.proceed}
      onClose={blocker.reset}
    >
      {t("form.leave_lead")}
    </AskDialog>
  );
}
