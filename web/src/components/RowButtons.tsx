import type { ReactNode } from "react";

/** What can be done with the thing of a row; on a phone on a line of its own. */
export function RowButtons({ children }: { children: ReactNode }) {
  return <div className="flex items-center gap-1 pt-1 sm:justify-end sm:pt-0">{children}</div>;
}
