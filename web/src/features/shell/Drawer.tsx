import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { Modal } from "@/components/Modal";
import { Sidebar } from "./Sidebar";

/** The sidebar over the page, on a narrow screen. */
export default function Drawer({ session, onClose }: { session: Session; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      label={t("shell.navigation")}
      onClose={onClose}
      veil="bg-veil md:hidden"
      className="top-0 right-0 bottom-[var(--toasts)] w-64 border-l bg-canvas md:hidden"
    >
      <Sidebar session={session} onNavigate={onClose} />
    </Modal>
  );
}
