import { Dialog as Radix } from "radix-ui";
import type { KeyboardEvent, ReactNode } from "react";
import { cx } from "./cx";
import { useReturnFocus } from "./useReturnFocus";

interface ModalProps {
  /** Absent: there is no way out but through. */
  onClose?: (() => void) | undefined;
  /** Its name, where it has no heading that one sees; otherwise a `ModalTitle` is part of it. */
  label?: string;
  /** It has a `ModalLead`. */
  described?: boolean;
  /** Of what lies between it and the page. */
  veil?: string;
  className: string;
  onKeyDown?: ((event: KeyboardEvent) => void) | undefined;
  /** Takes the focus as it closes; `false` when it could not. */
  returnTo?: (() => boolean) | undefined;
  children: ReactNode;
}

export const ModalTitle = Radix.Title;
export const ModalLead = Radix.Description;
export const ModalClose = Radix.Close;

/**
 * What every window over the page is made of, open as long as it is rendered. Focus goes in, stays in, and returns to
 * where it came from.
 */
export function Modal({
  onClose,
  label,
  described = false,
  veil,
  className,
  onKeyDown,
  returnTo,
  children,
}: ModalProps) {
  const returnFocus = useReturnFocus();
  return (
    <Radix.Root open onOpenChange={(next) => !next && onClose?.()}>
      <Radix.Portal>
        {/* Of two windows the later one lies over all of the earlier. */}
        <Radix.Overlay className={cx("fixed inset-0 z-50", veil ?? "bg-veil")} />
        <Radix.Content
          onKeyDown={onKeyDown}
          onCloseAutoFocus={(event) => {
            event.preventDefault();
            if (!returnTo?.()) returnFocus();
          }}
          {...(described ? {} : { "aria-describedby": undefined })}
          className={cx("fixed z-50 border-line text-ink shadow-float focus:outline-none", className)}
        >
          {label !== undefined && <Radix.Title className="sr-only">{label}</Radix.Title>}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
