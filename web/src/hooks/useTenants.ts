import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TenantInput } from "@/api/access";
import * as api from "@/api/tenants";
import { keys } from "./keys";

export function useTenants() {
  return useQuery({ queryKey: keys.tenants, queryFn: ({ signal }) => api.fetchTenants(signal) });
}

function useRefreshTenants() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.tenants }),
      // It holds the list for the switcher, and the name of the one that is shown.
      queries.invalidateQueries({ queryKey: keys.session }),
    ]);
}

/** Creates when `id` is `null`, changes that tenant otherwise. */
export function useSaveTenant(id: string | null) {
  return useMutation({
    mutationFn: async (body: TenantInput) => {
      await (id === null ? api.createTenant(body) : api.updateTenant(id, body));
    },
    onSuccess: useRefreshTenants(),
  });
}

export function useRemoveTenant() {
  return useMutation({
    mutationFn: ({ id, slug }: { id: string; slug: string }) => api.removeTenant(id, slug),
    onSuccess: useRefreshTenants(),
  });
}
