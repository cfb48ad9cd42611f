import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./cx";

const LOOKS = {
  good: { className: "bg-good-soft text-good", Icon: CircleCheck, role: "status" },
  warn: { className: "bg-warn-soft text-warn", Icon: TriangleAlert, role: "status" },
  bad: { className: "bg-bad-soft text-bad", Icon: CircleAlert, role: "alert" },
  idle: { className: "bg-sunken text-muted", Icon: Info, role: "note" },
} as const;

/** Something to know, in the place it concerns. */
export function Notice({
  tone,
  children,
  className,
}: {
  tone: keyof typeof LOOKS;
  children: ReactNode;
  className?: string;
}) {
  const { className: colours, Icon, role } = LOOKS[tone];
  return (
    <div role={role} className={cx("flex gap-2 rounded-md px-3 py-2 text-sm", colours, className)}>
      <Icon size={16} aria-hidden className="mt-0.5 shrink-0" />
      <div className="min-w-0 flex-1 [overflow-wrap:anywhere]">{children}</div>
    </div>
  );
}
