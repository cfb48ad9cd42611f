import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

export const STATES = ["normal", "focus", "disabled", "denied", "loading", "empty", "error"] as const;

/** One component, named as in the code. */
export function Part({ name, children }: { name: string; children: ReactNode }) {
  return (
    <section data-part={name} className="min-w-0 rounded-lg border border-line bg-surface p-3.5">
      <h2 className="mb-3 font-mono font-semibold text-sm">{name}</h2>
      <div className="flex flex-wrap items-start gap-x-6 gap-y-4">{children}</div>
    </section>
  );
}

/** It in one of its states. */
export function State({
  of,
  wide = false,
  children,
}: {
  of: (typeof STATES)[number];
  wide?: boolean;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  return (
    <div className={wide ? "w-full min-w-0" : "min-w-0"}>
      <p className="mb-1 text-muted text-xs">{t(`gallery.state.${of}`)}</p>
      <div data-show-focus={of === "focus" || undefined}>{children}</div>
    </div>
  );
}
