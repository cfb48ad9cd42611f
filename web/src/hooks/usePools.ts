import { useMutation, useQuery } from "@tanstack/react-query";
import * as api from "@/api/pools";
import type { PoolSettings, PoolStrategy } from "@/api/types";
import { keys } from "./keys";
import { pollInterval } from "./live";
import { useRefreshProviders } from "./useProviders";

const RECENT = 18;

/** The quota of every account of the tenant. */
export function useQuota() {
  return useQuery({
    queryKey: keys.quota,
    queryFn: ({ signal }) => api.fetchQuota(signal),
    refetchInterval: pollInterval,
  });
}

/** What went through a pool lately, by account. */
export function usePoolActivity(ownerId: string) {
  return useQuery({
    queryKey: keys.poolActivityOf(ownerId),
    queryFn: ({ signal }) => api.fetchPoolActivity(ownerId, RECENT, signal),
    refetchInterval: pollInterval,
  });
}

/** How many requests a preview looks back on. */
const PREVIEWED = 200;

/** What another strategy would have done; asks nothing while `strategy` is `null`. */
export function usePoolPreview(ownerId: string, strategy: PoolStrategy | null) {
  return useQuery({
    queryKey: keys.poolPreview(ownerId, strategy),
    queryFn: ({ signal }) => api.fetchPoolPreview(ownerId, strategy ?? "primary_first", PREVIEWED, signal),
    enabled: strategy !== null,
    staleTime: 60_000,
  });
}

interface Save {
  ownerId: string;
  /** `null` dissolves the pool. */
  pool: Partial<PoolSettings> | null;
}

export function useSavePool() {
  return useMutation({
    mutationFn: ({ ownerId, pool }: Save) => api.savePool(ownerId, pool),
    onSuccess: useRefreshProviders(),
  });
}
