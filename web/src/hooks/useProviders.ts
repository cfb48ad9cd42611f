import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as api from "@/api/providers";
import type { CreateProvider, UpdateProvider, VerifyResult } from "@/api/types";
import { keys } from "./keys";
import { pollInterval } from "./live";
import { useLastOf } from "./useLastOf";

export function useProviders() {
  return useQuery({
    queryKey: keys.providers,
    queryFn: ({ signal }) => api.fetchProviders(signal),
    refetchInterval: pollInterval,
  });
}

export function useProviderTypes() {
  return useQuery({
    queryKey: keys.providerTypes,
    queryFn: ({ signal }) => api.fetchProviderTypes(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The models of one provider; asks nothing while `id` is `null`. */
export function useProviderModels(id: string | null) {
  return useQuery({
    queryKey: keys.providerModels(id ?? ""),
    queryFn: ({ signal }) => api.fetchProviderModels(id ?? "", signal),
    enabled: id !== null,
    staleTime: 60_000,
  });
}

/** After any change of an account: its row, the models it brings and the overview may all differ. */
export function useRefreshProviders() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.providers }),
      queries.invalidateQueries({ queryKey: keys.models }),
      queries.invalidateQueries({ queryKey: keys.quota }),
      queries.invalidateQueries({ queryKey: keys.capacity }),
      queries.invalidateQueries({ queryKey: keys.poolActivity }),
      queries.invalidateQueries({ queryKey: keys.overview }),
    ]);
}

export function useSaveProvider() {
  const refresh = useRefreshProviders();
  const create = useMutation({
    mutationFn: (body: CreateProvider) => api.createProvider(body),
    onSuccess: refresh,
  });
  const update = useMutation({
    mutationFn: ({ id, body }: { id: string; body: UpdateProvider }) => api.updateProvider(id, body),
    onSuccess: refresh,
  });
  return { create, update };
}

export function useRemoveProvider() {
  return useMutation({
    mutationFn: ({ id, detach }: { id: string; detach: boolean }) => api.removeProvider(id, detach),
    onSuccess: useRefreshProviders(),
  });
}

export function useVerifyProvider() {
  return useMutation({
    mutationKey: keys.verifyProvider,
    mutationFn: api.verifyProvider,
    onSettled: useRefreshProviders(),
    // What it said is gone with the page that asked.
    gcTime: 0,
  });
}

/** What the last check of this provider said. */
export function useVerification(id: string) {
  return useLastOf<VerifyResult, string>(keys.verifyProvider, (checked) => checked === id);
}

export function useReleaseProvider() {
  return useMutation({ mutationFn: api.releaseProvider, onSuccess: useRefreshProviders() });
}
