import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import type { KeyboardEvent, ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { buttonClass } from "./Button";
import { cx } from "./cx";
import { useReturnFocus } from "./useReturnFocus";

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
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open onOpenChange={(next) => !next && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-veil sm:bg-transparent" />
        <Radix.Content
          onKeyDown={onKeyDown}
          onCloseAutoFocus={(event) => (returnTo?.() ? event.preventDefault() : returnFocus(event))}
          {...(lead ? {} : { "aria-describedby": undefined })}
          className="fixed inset-y-0 right-0 z-50 flex w-full flex-col border-line border-l bg-surface text-ink shadow-float focus:outline-none sm:w-[min(44rem,92vw)]"
        >
          <header className="flex items-start gap-2 border-line border-b py-3 pr-3 pl-5">
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-semibold text-lg">{title}</Radix.Title>
              {lead && (
                <Radix.Description asChild>
                  <div className="text-muted text-sm [overflow-wrap:anywhere]">{lead}</div>
                </Radix.Description>
              )}
            </div>
            {actions}
            <Radix.Close className={cx(buttonClass("quiet", "icon"))} aria-label={t("common.close")}>
              <X size={16} aria-hidden />
            </Radix.Close>
          </header>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-5 py-4 -outline-offset-2">
            {children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
