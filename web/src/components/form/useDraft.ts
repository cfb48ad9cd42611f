import { useState } from "react";
import { useGuard } from "./LeaveGuard";

interface Resets {
  isPending: boolean;
  reset: () => void;
}

/** What is written into a form, whether it is other than at first, and the guard over it. */
export function useDraft<Draft extends object>(first: () => Draft, ...saves: Resets[]) {
  const [clean, setClean] = useState(first);
  const [draft, setDraft] = useState(clean);
  const dirty = JSON.stringify(draft) !== JSON.stringify(clean);
  const guard = useGuard(dirty);
  return {
    draft,
    dirty,
    guard,
    /** What is written is stored now. */
    saved() {
      guard.isDirty.current = false;
      setClean(draft);
    },
    /** What is written is not needed any more, saved or given up: the form is as at first. */
    clear() {
      guard.isDirty.current = false;
      setDraft(clean);
    },
    set(change: Partial<Draft>) {
      // What was said of the old draft is not true of the new one.
      for (const save of saves) if (!save.isPending) save.reset();
      setDraft((it) => ({ ...it, ...change }));
    },
  };
}
