import { Menu as MenuIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { buttonClass } from "@/components/Button";
import { DemoBadge } from "./DemoBadge";
import { Wordmark } from "./Wordmark";

// Not part of what the first page loads: on a wide screen nobody needs it.
const Drawer = lazy(() => import("./Drawer"));

/** The navigation on a narrow screen: a bar, and the sidebar as a drawer. */
export function MobileBar({ session }: { session: Session }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <header className="no-print sticky top-0 z-30 flex h-12 items-center justify-between border-line border-b bg-canvas px-3 md:hidden">
        <Wordmark />
        <div className="flex items-center gap-2">
          {session.demo && <DemoBadge />}
          <button
            type="button"
            aria-haspopup="dialog"
            aria-expanded={open}
            aria-label={t("shell.open_navigation")}
            onClick={() => setOpen(true)}
            className={buttonClass("quiet", "icon")}
          >
            <MenuIcon size={18} aria-hidden />
          </button>
        </div>
      </header>
      <Suspense>{open && <Drawer session={session} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}
