import { Menu as MenuIcon } from "lucide-react";
import { Dialog } from "radix-ui";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { DemoBadge } from "./DemoBadge";
import { Sidebar } from "./Sidebar";
import { Wordmark } from "./Wordmark";

/** The navigation on a narrow screen: a bar, and the sidebar as a drawer. */
export function MobileBar({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <header className="sticky top-0 z-30 flex h-12 items-center justify-between border-line border-b bg-canvas px-3 md:hidden">
        <Wordmark />
        <div className="flex items-center gap-2">
          {session.demo && <DemoBadge />}
          <Dialog.Trigger className={buttonClass("quiet", "icon")} aria-label={t("shell.open_navigation")}>
            <MenuIcon size={18} aria-hidden />
          </Dialog.Trigger>
        </div>
      </header>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 bg-veil md:hidden" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-y-0 right-0 z-50 w-64 border-line border-l bg-canvas shadow-float md:hidden"
        >
          <Dialog.Title className="sr-only">{t("shell.navigation")}</Dialog.Title>
          <Sidebar session={session} onNavigate={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
