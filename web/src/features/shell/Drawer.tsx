import { Dialog } from "radix-ui";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { useReturnFocus } from "@/components/useReturnFocus";
import { Sidebar } from "./Sidebar";

/** The sidebar over the page, on a narrow screen. */
export default function Drawer({ session, onClose }: { session: Session; onClose: () => void }) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil md:hidden" />
        <Dialog.Content
          aria-describedby={undefined}
          onCloseAutoFocus={returnFocus}
          className="fixed inset-y-0 right-0 z-50 w-64 border-line border-l bg-canvas shadow-float md:hidden"
        >
          <Dialog.Title className="sr-only">{t("shell.navigation")}</Dialog.Title>
          <Sidebar session={session} onNavigate={onClose} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
