import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import type { ActivityQuery } from "@/api/access";
import * as api from "@/api/activity";
import type { ActivitySearch } from "@/routes/search";
import { keys } from "./keys";
import { rangeOf } from "./timeRange";

const PAGE = 50;

/** What the address asks for, as the gateway is asked for it; a period is counted back from `now`. */
export function toActivityQuery(
  { actor, action, object, ...range }: ActivitySearch,
  now: number,
): ActivityQuery {
  const { from: since, to: until } = rangeOf(range, now);
  return {
    ...(actor && { actor }),
    ...(action && { action }),
    ...(object && { object }),
    ...(since && { since }),
    ...(until && { until }),
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
    initialPageParam: null as number | null,
    getNextPageParam: ({ next }) => next ?? null,
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
