import { keepPreviousData, useMutation, useQuery } from "@tanstack/react-query";
import type { UsageQuery } from "@/api/types";
import * as api from "@/api/usage";
import type { UsageBy, WhoseSearch } from "@/routes/search";
import { keys } from "./keys";
import { type RangeSearch, rangeOf } from "./timeRange";

/** No event tells of sums, and they move with every request. */
const CALM_MS = 60_000;

/** Days and hours are those of the viewer. */
export function viewerZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** What is counted by; `weekday_hour` are the hours of the week. */
export type CountedBy = UsageBy | "weekday_hour";

/** What the address asks for, as the gateway is asked for it; a period is counted back from `now`. */
export function toUsageQuery(
  { account, agent, key, model, ...range }: WhoseSearch,
  by: CountedBy,
  now: number,
): UsageQuery {
  return {
    by,
    tz: viewerZone(),
    ...(account && { account }),
    ...(agent && { agent }),
    ...(key && { key }),
    ...(model && { model }),
    ...rangeOf(range, now),
  };
}

/** The address without what does not concern the numbers, so that they are not asked for again. */
export function whoseOf({ account, agent, key, model, period, from, to }: WhoseSearch): WhoseSearch {
  return { account, agent, key, model, period, from, to };
}

export function useUsage(filters: WhoseSearch, by: CountedBy) {
  return useQuery({
    queryKey: keys.usage(by, filters),
    queryFn: ({ signal }) => api.fetchUsage(toUsageQuery(filters, by, Date.now()), signal),
    placeholderData: keepPreviousData,
    refetchInterval: CALM_MS,
  });
}

/** The range of the same length right before `range`. */
export function before({ from, to }: { from: string; to: string }): RangeSearch {
  const begin = Date.parse(from);
  return { from: new Date(2 * begin - Date.parse(to)).toISOString(), to: from };
}

/** The same of the range before the one that was answered; asked for when that is known. */
export function useUsageBefore(filters: WhoseSearch, answered: { from: string; to: string } | undefined) {
  return useQuery({
    queryKey: keys.usage("before", filters),
    queryFn: ({ signal }) => {
      const range = answered ? before(answered) : {};
      return api.fetchUsage(
        toUsageQuery({ ...filters, period: undefined, ...range }, "account", Date.now()),
        signal,
      );
    },
    enabled: answered !== undefined,
    staleTime: CALM_MS,
    refetchInterval: CALM_MS,
  });
}

export function useExportUsage(filters: WhoseSearch) {
  return useMutation({
    mutationFn: (by: CountedBy) => api.exportUsage(toUsageQuery(filters, by, Date.now())),
  });
}
