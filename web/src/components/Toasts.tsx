import { CircleAlert, Info, TriangleAlert, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { useStore } from "@/hooks/store";
import { closeToast, type Toast, toasts } from "@/hooks/toasts";
import { Button } from "./Button";
import { cx } from "./cx";
import { useRoomBelow } from "./useRoomBelow";

const LOOKS = {
  bad: { Icon: CircleAlert, colour: "text-bad" },
  warn: { Icon: TriangleAlert, colour: "text-warn" },
  idle: { Icon: Info, colour: "text-muted" },
} as const;

/**
 * What happened elsewhere, at the lower edge of the screen, over windows as well; the page and its windows end above
 * it, so that it lies over nothing that can be pressed. Screen readers hear it, and it stays as long as somebody is at
 * it.
 */
export function Toasts() {
  const { t } = useTranslation();
  const all = useStore(toasts);
  const part = useRef<HTMLElement>(null);
  useRoomBelow(part);
  return createPortal(
    <section
      ref={part}
      // What is pressed here is outside of no window: it stays open.
      onPointerDown={(event) => event.stopPropagation()}
      aria-label={t("toasts.title")}
      className={cx(
        "no-print pointer-events-auto fixed inset-x-0 bottom-0 z-60 transition-none md:left-52",
        all.length > 0 && "border-line border-t bg-canvas p-2 sm:px-6",
      )}
    >
      <ol aria-live="polite" className="mx-auto flex max-w-6xl flex-wrap justify-end gap-2">
        {all.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </ol>
    </section>,
    document.body,
  );
}

export function ToastCard({ toast }: { toast: Toast }) {
  const { t } = useTranslation();
  const [held, setHeld] = useState(false);
  const { id, tone, text, action, ms } = toast;
  const { Icon, colour } = LOOKS[tone];
  useEffect(() => {
    if (held || ms === null) return;
    const timer = setTimeout(() => closeToast(id), ms);
    return () => clearTimeout(timer);
  }, [id, ms, held]);
  const run = () => {
    closeToast(id);
    action?.run();
  };
  return (
    <li
      data-toast={tone}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
      className="flex w-full max-w-sm items-start gap-2.5 rounded-lg border border-line bg-surface py-2 pr-2 pl-3 text-sm shadow-float"
    >
      <Icon size={16} aria-hidden className={cx("mt-1.5 shrink-0", colour)} />
      <p className="min-w-0 flex-1 py-1 [overflow-wrap:anywhere]">{text}</p>
      {action && (
        <Button size="sm" onClick={run}>
          {action.label}
        </Button>
      )}
      <Button look="quiet" size="sm" aria-label={t("common.close")} onClick={() => closeToast(id)}>
        <X size={14} aria-hidden />
      </Button>
    </li>
  );
}
