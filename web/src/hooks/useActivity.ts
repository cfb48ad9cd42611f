import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import type { ActivityQuery } from "@/api/access";
import * as api from "@/api/activity";
import type { ActivitySearch } from "@/routes/search";
import { keys } from "./keys";
import { PERIOD_MS } from "./requestQuery";

const PAGE = 50;

/** What the address asks for, as the gateway is asked for it; a period is counted back from `now`. */
export function toActivityQuery(
  { actor, action, object, period, from, to }: ActivitySearch,
  now: number,
): ActivityQuery {
  const since = period ? new Date(now - PERIOD_MS[period]).toISOString() : from;
  return {
    ...(actor && { actor }),
    ...(action && { action }),
    ...(object && { object }),
    ...(since && { since }),
    ...(!period && to && { until: to }),
  };
}

/** The audit log, newest first, page by page. */
export function useActivity(filters: ActivitySearch) {
  return useInfiniteQuery({
    queryKey: keys.activity(filters),
    queryFn: ({ pageParam, signal }) =>
      api.fetchActivity(
        {
          ...toActivityQuery(filters, Date.now()),
          limit: PAGE,
          ...(pageParam !== null && { before: pageParam }),
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => (next == null ? null : String(next)),
    placeholderData: keepPreviousData,
    // Reading many pages again would move the list under the reader.
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= 1,
  });
}

export function useExportActivity(filters: ActivitySearch) {
  return useMutation({
    mutationFn: (format: api.ActivityFormat) =>
      api.exportActivity(toActivityQuery(filters, Date.now()), format),
  });
}
