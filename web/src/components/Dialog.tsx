import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./Button";
import { cx } from "./cx";
import { Emails } from "./Email";
import { useReturnFocus } from "./useReturnFocus";

interface DialogProps {
  onClose: () => void;
  title: string;
  lead?: ReactNode;
  wide?: boolean;
  children: ReactNode;
}

/** A window over the page, open as long as it is rendered. Focus goes in, stays in, and returns to where it came from. */
export function Dialog({ onClose, title, lead, wide = false, children }: DialogProps) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          onCloseAutoFocus={returnFocus}
          {...(lead ? {} : { "aria-describedby": undefined })}
          className={cx(
            "fixed inset-x-2 top-2 bottom-2 z-50 mx-auto flex h-fit max-h-[calc(100dvh-1rem)] flex-col rounded-lg",
            "border border-line bg-surface text-ink shadow-float focus:outline-none sm:top-[7vh] sm:max-h-[86dvh]",
            wide ? "max-w-3xl" : "max-w-lg",
          )}
        >
          <header className="border-line border-b py-3 pr-14 pl-5">
            <Radix.Title className="font-semibold text-lg [overflow-wrap:anywhere]">
              <Emails text={title} />
            </Radix.Title>
            {lead && <Radix.Description className="text-muted text-sm">{lead}</Radix.Description>}
          </header>
          <div className="min-h-0 flex-1 overflow-y-auto px-5 py-4">{children}</div>
          {/* Last, so that the focus starts in the content. */}
          <Radix.Close
            className={cx(buttonClass("quiet", "icon"), "absolute top-3 right-3")}
            aria-label={t("common.close")}
          >
            <X size={16} aria-hidden />
          </Radix.Close>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
