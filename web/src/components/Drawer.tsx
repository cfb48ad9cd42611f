import { X } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./Button";
import { Modal, ModalClose, ModalLead, ModalTitle } from "./Modal";
import { UnreachableLine } from "./UnreachableLine";

interface DrawerProps {
  title: string;
  lead?: ReactNode;
  /** Beside the button that closes it. */
  actions?: ReactNode;
  onKeyDown?: (event: KeyboardEvent) => void;
  onClose: () => void;
  /** Takes the focus as it closes; `false` when it could not. */
  returnTo?: () => boolean;
  children: ReactNode;
}

/** A window at the side of what it belongs to, which stays in sight. */
export function Drawer({ title, lead, actions, onKeyDown, onClose, returnTo, children }: DrawerProps) {
  const { t } = useTranslation();
  return (
    <Modal
      onClose={onClose}
      onKeyDown={onKeyDown}
      returnTo={returnTo}
      described={Boolean(lead)}
      veil="bg-veil sm:bg-transparent"
      className="top-0 right-0 bottom-[var(--toasts)] flex w-full flex-col border-l bg-surface sm:w-[min(44rem,92vw)]"
    >
      <header className="flex items-start gap-2 border-line border-b py-3 pr-3 pl-5">
        <div className="min-w-0 flex-1">
          <ModalTitle className="font-semibold text-lg">{title}</ModalTitle>
          {lead && (
            <ModalLead asChild>
              <div className="text-muted text-sm [overflow-wrap:anywhere]">{lead}</div>
            </ModalLead>
          )}
        </div>
        {actions}
        <ModalClose className={buttonClass("quiet", "icon")} aria-label={t("common.close")}>
          <X size={16} aria-hidden />
        </ModalClose>
      </header>
      <UnreachableLine />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4 -outline-offset-2">
        {children}
      </div>
    </Modal>
  );
}
