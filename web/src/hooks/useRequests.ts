import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import * as api from "@/api/requests";
import type { RequestsSearch } from "@/routes/search";
import { keys } from "./keys";
import { pollInterval } from "./live";
import { toRequestQuery } from "./requestQuery";

const PAGE = 50;

/** Requests that match, newest first, page by page. */
export function useRequests({ request: _open, ...filters }: RequestsSearch) {
  return useInfiniteQuery({
    queryKey: keys.requestList(filters),
    queryFn: ({ pageParam, signal }) =>
      api.fetchRequests(
        {
          ...toRequestQuery(filters, Date.now()),
          limit: PAGE,
          ...(pageParam !== null && { cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    // Reading many pages again would move the list under the reader.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : pollInterval()),
    refetchOnWindowFocus: ({ state }) => (state.data?.pages.length ?? 0) <= 1,
  });
}

/** One request with its decision. */
export function useRequest(id: string) {
  return useQuery({
    queryKey: keys.request(id),
    queryFn: ({ signal }) => api.fetchRequest(id, signal),
    staleTime: 60_000,
  });
}
