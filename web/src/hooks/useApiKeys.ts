import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { KeyChange } from "@/api/access";
import * as api from "@/api/keys";
import { keys } from "./keys";

/** Use and limits move with every request, and no event tells of it. */
const CALM_MS = 15_000;
const FIRST_USE_MS = 2_000;

export function useApiKeys(enabled = true) {
  return useQuery({
    queryKey: keys.apiKeyList,
    queryFn: ({ signal }) => api.fetchKeys(signal),
    enabled,
    refetchInterval: CALM_MS,
  });
}

/** One key, asked for often until its first request has arrived. */
export function useFirstUse(id: string) {
  return useQuery({
    queryKey: keys.apiKey(id),
    queryFn: ({ signal }) => api.fetchKey(id, signal),
    refetchInterval: ({ state }) => (state.data?.last_used_at ? false : FIRST_USE_MS),
    // The person is in a terminal while this matters.
    refetchIntervalInBackground: true,
  });
}

function useRefreshKeys() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.apiKeys });
}

export function useCreateKey() {
  return useMutation({ mutationFn: api.createKey, onSuccess: useRefreshKeys(), gcTime: 0 });
}

export function useUpdateKey(id: string) {
  return useMutation({
    mutationFn: (change: KeyChange) => api.updateKey(id, change),
    onSuccess: useRefreshKeys(),
  });
}

export function useRevokeKey() {
  return useMutation({ mutationFn: api.revokeKey, onSuccess: useRefreshKeys() });
}

export function useRemoveKey() {
  return useMutation({ mutationFn: api.removeKey, onSuccess: useRefreshKeys() });
}
