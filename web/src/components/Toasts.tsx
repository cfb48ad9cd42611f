import { CircleAlert, Info, TriangleAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useStore } from "@/hooks/store";
import { closeToast, type Toast, toasts } from "@/hooks/toasts";
import { Button } from "./Button";
import { cx } from "./cx";

const LOOKS = {
  bad: { Icon: CircleAlert, colour: "text-bad" },
  warn: { Icon: TriangleAlert, colour: "text-warn" },
  idle: { Icon: Info, colour: "text-muted" },
} as const;

/** What happened elsewhere, in a corner. Screen readers hear it, and it stays as long as somebody is at it. */
export function Toasts() {
  const { t } = useTranslation();
  const all = useStore(toasts);
  return (
    <section
      aria-label={t("toasts.title")}
      className="no-print pointer-events-none fixed right-0 bottom-0 z-50 w-full max-w-sm p-3"
    >
      <ol aria-live="polite" className="flex flex-col gap-2">
        {all.map((toast) => (
          <ToastCard key={toast.id} toast={toast} />
        ))}
      </ol>
    </section>
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
      className="pointer-events-auto flex items-start gap-2.5 rounded-lg border border-line bg-surface py-2 pr-2 pl-3 text-sm shadow-float"
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
