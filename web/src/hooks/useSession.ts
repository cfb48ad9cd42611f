import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { fetchSession, signIn, signOut } from "@/api/session";
import { keys } from "./keys";
import { useReachable } from "./useReachable";

const PROBE_MS = 4_000;

/** The session of this browser; `data` is `null` when signed out. Probes while the gateway is away. */
export function useSession() {
  const reachable = useReachable();
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ signal }) => fetchSession(signal),
    staleTime: 60_000,
    refetchInterval: reachable ? false : PROBE_MS,
  });
}

export function useSignIn() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: signIn,
    onSuccess: (session) => queries.setQueryData(keys.session, session),
  });
}

export function useSignOut() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      queries.clear();
      queries.setQueryData(keys.session, null);
    },
  });
}
