import { useQuery } from "@tanstack/react-query";
import { fetchMe } from "@/api/me";
import { keys } from "./keys";

const CALM_MS = 15_000;

/** What `key`, or this browser's session, used. The key itself is no part of the cache's keys. */
export function useMe(key: string | null, enabled = true) {
  return useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => fetchMe(key, signal),
    enabled,
    refetchInterval: ({ state }) => (state.status === "error" ? false : CALM_MS),
    gcTime: 0,
  });
}
