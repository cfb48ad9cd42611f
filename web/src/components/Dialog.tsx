import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./Button";
import { cx } from "./cx";
import { Emails } from "./Email";
import { Modal, ModalClose, ModalLead, ModalTitle } from "./Modal";
import { UnreachableLine } from "./UnreachableLine";

interface DialogProps {
  /** Absent: there is no way out but through. */
  onClose?: () => void;
  title: string;
  lead?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** A window over the middle of the page. */
export function Dialog({ onClose, title, lead, wide = false, children }: DialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      onClose={onClose}
      described={Boolean(lead)}
      className={cx(
        "inset-x-2 top-2 bottom-2 mx-auto flex h-fit max-h-[calc(100dvh-1rem-var(--toasts))] flex-col rounded-lg",
        "border bg-surface sm:top-[7vh] sm:max-h-[calc(min(86dvh,93dvh-0.5rem-var(--toasts)))]",
        wide ? "max-w-3xl" : "max-w-lg",
      )}
    >
      <header className={cx("border-line border-b py-3 pl-5", onClose ? "pr-14" : "pr-5")}>
        <ModalTitle className="font-semibold text-lg [overflow-wrap:anywhere]">
          <Emails text={title} />
        </ModalTitle>
        {lead && <ModalLead className="text-muted text-sm [overflow-wrap:anywhere]">{lead}</ModalLead>}
      </header>
      <UnreachableLine />
      <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
      {/* Last, so that the focus starts in the content. */}
      {onClose && (
        <ModalClose
          className={cx(buttonClass("quiet", "icon"), "absolute top-3 right-3")}
          aria-label={t("common.close")}
        >
          <X size={16} aria-hidden />
        </ModalClose>
      )}
    </Modal>
  );
}
