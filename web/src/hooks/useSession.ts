import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { acceptInvitation } from "@/api/invitations";
import { fetchSession, fetchSignInMethods, signIn, signInWithPassword, signOut } from "@/api/session";
import { chooseTenant } from "@/api/tenant";
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

/** How one can sign in here. */
export function useSignInMethods() {
  return useQuery({
    queryKey: keys.signInMethods,
    queryFn: ({ signal }) => fetchSignInMethods(signal),
    staleTime: 60_000,
  });
}

/** Of nobody's session: how to sign in, and what an invitation offers. */
const PUBLIC: readonly unknown[] = [keys.signInMethods[0], keys.offer("")[0]];

/** Forgets what was loaded for the session before. */
function forget(queries: QueryClient) {
  const kept = [keys.session[0], ...PUBLIC];
  queries.removeQueries({ predicate: ({ queryKey }) => !kept.includes(queryKey[0]) });
}

/** Sets the session and forgets what was loaded for the one before. */
function useReplaceSession() {
  const queries = useQueryClient();
  return (session: Session | null) => {
    chooseTenant(null);
    // Not `clear()`: the page watches the session's entry, and must see it change.
    queries.setQueryData(keys.session, session);
    forget(queries);
  };
}

export function useSignIn() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: signIn, onSuccess: replace });
}

export function usePasswordSignIn() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: signInWithPassword, onSuccess: replace });
}

/** Makes the invited person a user of the gateway, signed in here. */
export function useAcceptInvitation() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: acceptInvitation, onSuccess: replace });
}

export function useSignOut() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: signOut, onSuccess: () => replace(null) });
}

/** Shows another tenant of the same person: who they are there is asked first. */
export function useSwitchTenant() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (slug: string) => {
      chooseTenant(slug);
      return fetchSession();
    },
    onSuccess: (session) => {
      queries.setQueryData(keys.session, session);
      // What is on the page is of the other tenant: it goes at once, and is loaded anew.
      void queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
    },
  });
}
