import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { isReachable, onReachableChange } from "@/api/connection";

/** Whether the gateway answered the last call. */
export function useReachable(): boolean {
  return useSyncExternalStore(onReachableChange, isReachable);
}

/** Loads everything on the page again once the gateway is back. */
export function useReloadWhenBack() {
  const reachable = useReachable();
  const was = useRef(reachable);
  const queries = useQueryClient();
  useEffect(() => {
    if (reachable && !was.current) void queries.invalidateQueries();
    was.current = reachable;
  }, [reachable, queries]);
}
