import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import * as api from "@/api/requests";
import type { RequestQuery } from "@/api/types";
import type { RequestsSearch } from "@/routes/search";
import { keys } from "./keys";
import { pollInterval } from "./live";
import { type Newest, type RequestList, rowsOf, withNewest } from "./requestList";
import { picked, toRequestQuery } from "./requestQuery";
import { isOver } from "./timeRange";

const PAGE = 100;
/** The most that the gateway gives at once; for who looks further back. */
const LATER_PAGE = 200;
/** Where the page picks, it reads on by itself until it has so many, or has read so many pages. */
const ENOUGH = 40;
const READ_PAGES = 10;
/** As many pages of new requests are read until the list starts anew. */
const MOST_PAGES = 5;

async function fetchNewest(query: RequestQuery, known: RequestList, signal: AbortSignal): Promise<Newest> {
  const ids = new Set(known.pages.flatMap(({ requests }) => requests.map(({ id }) => id)));
  const newest: Newest = { requests: [], next_cursor: null, joined: false };
  for (let page = 0; page < MOST_PAGES && !newest.joined; page += 1) {
    const cursor = newest.next_cursor;
    const { requests, next_cursor } = await api.fetchRequests(
      { ...query, limit: PAGE, ...(cursor !== null && { cursor }) },
      signal,
    );
    newest.requests.push(...requests);
    newest.next_cursor = next_cursor;
    newest.joined = next_cursor === null || requests.some(({ id }) => ids.has(id));
  }
  return newest;
}

/**
 * Requests that match, newest first, page by page; what is new is put before them as it comes, and no page that was
 * read is read again, which would move the list under the reader.
 */
export function useRequests({ request: _open, ...search }: RequestsSearch) {
  const { failover, slower, ...filters } = search;
  const queries = useQueryClient();
  const key = keys.requestList(filters);
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      api.fetchRequests(
        {
          ...toRequestQuery(filters, Date.now()),
          ...(pageParam === null ? { limit: PAGE } : { limit: LATER_PAGE, cursor: pageParam }),
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });
  const tail = useQuery({
    queryKey: keys.requestTail(filters),
    queryFn: async ({ signal }) => {
      const known = queries.getQueryData<RequestList>(key);
      if (!known) return null;
      const newest = await fetchNewest(toRequestQuery(filters, Date.now()), known, signal);
      queries.setQueryData<RequestList>(key, (old) => old && withNewest(old, newest));
      return Date.now();
    },
    // A list that has just been read is as new as can be.
    initialData: null,
    initialDataUpdatedAt: () => queries.getQueryState(key)?.dataUpdatedAt,
    staleTime: 10_000,
    enabled: list.isSuccess && !list.isPlaceholderData && !isOver(filters, Date.now()),
    refetchInterval: pollInterval,
  });
  const all = useMemo(() => list.data && rowsOf(list.data as RequestList), [list.data]);
  const rows = useMemo(() => {
    const wanted = picked({ failover, slower });
    return wanted ? all?.filter(wanted) : all;
  }, [all, failover, slower]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const picks = failover !== undefined || slower !== undefined;
  const readsOn =
    picks && hasNextPage && (rows?.length ?? 0) < ENOUGH && (list.data?.pages.length ?? 0) < READ_PAGES;
  useEffect(() => {
    if (readsOn && !isFetchingNextPage) void fetchNextPage();
  }, [readsOn, isFetchingNextPage, fetchNextPage]);
  return {
    /** `undefined` while nothing is known yet. */
    rows: rows?.length === 0 && readsOn ? undefined : rows,
    /** Out of how many they were picked; `null` when they are all. */
    readOf: picks ? (all?.length ?? 0) : null,
    error: list.error ?? tail.error,
    isFetching: list.isFetching || tail.isFetching,
    refetch: () => (list.isSuccess ? tail.refetch() : list.refetch()),
    more: list,
  };
}

/** One request with its decision. */
export function useRequest(id: string) {
  return useQuery({
    queryKey: keys.request(id),
    queryFn: ({ signal }) => api.fetchRequest(id, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
}
