import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { isReachable, onReachableChange } from "@/api/connection";
import { ended } from "./ended";
import { keys } from "./keys";
import { useStore } from "./store";

/** Whether the gateway answered the last call. */
export function useReachable(): boolean {
  return useSyncExternalStore(onReachableChange, isReachable);
}

function onLineChange(listener: () => void): () => void {
  window.addEventListener("online", listener);
  window.addEventListener("offline", listener);
  return () => {
    window.removeEventListener("online", listener);
    window.removeEventListener("offline", listener);
  };
}

/** Whether this device has a network, as far as the browser knows. The gateway may be on the device itself. */
export function useOnline(): boolean {
  return useSyncExternalStore(onLineChange, () => navigator.onLine);
}

/** Calls `run` whenever `well` becomes true again. */
function useOnceAgain(well: boolean, run: () => void) {
  const was = useRef(well);
  const latest = useRef(run);
  latest.current = run;
  useEffect(() => {
    if (well && !was.current) latest.current();
    was.current = well;
  }, [well]);
}

/** Loads everything on the page again once the gateway is back, or its person. */
export function useReloadWhenBack() {
  const queries = useQueryClient();
  // Not a word of the gateway yet, but a reason to ask it at once.
  useEffect(() => onLineChange(() => void queries.invalidateQueries({ queryKey: keys.session })), [queries]);
  useOnceAgain(useReachable(), () => void queries.invalidateQueries());
  // Who is signed in has just been read.
  const others = {
    predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => queryKey[0] !== keys.session[0],
  };
  useOnceAgain(!useStore(ended), () => void queries.invalidateQueries(others));
}
