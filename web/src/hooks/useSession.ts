import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { fetchSession, signIn, signOut } from "@/api/session";
import type { Session } from "@/api/types";
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

/** Sets the session and forgets what was loaded for the one before. */
function useReplaceSession() {
  const queries = useQueryClient();
  return (session: Session | null) => {
    // Not `clear()`: the page watches the session's entry, and must see it change.
    queries.setQueryData(keys.session, session);
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
  };
}

export function useSignIn() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: signIn, onSuccess: replace });
}

export function useSignOut() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: signOut, onSuccess: () => replace(null) });
}
