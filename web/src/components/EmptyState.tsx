import type { ReactNode } from "react";

/** Says what will be here, and how to get the first one. */
export function EmptyState({
  title,
  children,
  action,
}: {
  title: string;
  children: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-start gap-2 px-4 py-8 sm:items-center sm:text-center">
      <p className="font-semibold">{title}</p>
      <p className="max-w-prose text-muted">{children}</p>
      {action && <div className="mt-2">{action}</div>}
    </div>
  );
}
