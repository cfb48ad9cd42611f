import { useTranslation } from "react-i18next";
import { AskDialog } from "../AskDialog";

/** Asks before something is lost that is written and not saved. */
export default function AskLeave({ onLeave, onStay }: { onLeave: () => void; onStay: () => void }) {
  const { t } = useTranslation();
  return (
    <AskDialog title={t("form.leave_title")} action={t("form.leave")} onConfirm={onLeave} onClose={onStay}>
      {t("form.leave_lead")}
    </AskDialog>
  );
}
