import { useBlocker } from "@tanstack/react-router";
import { type RefObject, useEffect, useRef } from "react";
import { watchUnsaved } from "@/hooks/leaving";
import AskLeave from "./AskLeave";

export interface Guard {
  isDirty: RefObject<boolean>;
}

/** Watches over what is written and not saved. */
export function useGuard(dirty: boolean): Guard {
  const isDirty = useRef(dirty);
  isDirty.current = dirty;
  return { isDirty };
}

/**
 * Asks before what is written and not saved is left: by a link, by going back, by closing its window or the tab. What
 * takes the page away without going elsewhere asks through `leave`.
 */
export function LeaveGuard({ guard: { isDirty } }: { guard: Guard }) {
  useEffect(() => watchUnsaved(() => isDirty.current), [isDirty]);
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty.current,
    enableBeforeUnload: () => isDirty.current,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return <AskLeave onLeave={blocker.proceed} onStay={blocker.reset} />;
}
