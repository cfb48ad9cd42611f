import { useState } from "react";
import type { Trace } from "@/api/types";
import { heldBack } from "@/hooks/requestList";

/** The list as it is, or held still while somebody reads it, with how many newer requests wait. */
export function useHeld(rows: Trace[] | undefined) {
  const [paused, setPaused] = useState(false);
  const [away, setAway] = useState(false);
  const [held, setHeld] = useState<readonly Trace[] | null>(null);
  const hold = paused || away;
  if (rows && hold && held === null) setHeld(rows);
  if (!hold && held !== null) setHeld(null);
  const { shown, waiting } = rows && hold && held ? heldBack(rows, held) : { shown: rows, waiting: 0 };
  return { shown, waiting, paused, away, setPaused, setAway };
}
