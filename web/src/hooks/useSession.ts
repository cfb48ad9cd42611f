import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect } from "react";
import { ApiError } from "@/api/errors";
import { acceptInvitation } from "@/api/invitations";
import { fetchSession, fetchSignInMethods, signIn, signInWithPassword, signOut } from "@/api/session";
import { chooseTenant, chosenTenant } from "@/api/tenant";
import type { Session } from "@/api/types";
import { ended } from "./ended";
import { keys } from "./keys";
import { onTabs, tellTabs } from "./otherTabs";
import { useReachable } from "./useReachable";

const PROBE_MS = 4_000;

/** Whose page it is; what belongs to no person belongs to the gateway's token. */
export function whoIs({ user }: Session): string {
  return user?.id ?? "token";
}

/** Who is signed in now. A session that has ended stays, as whose page this is, until somebody signs in. */
async function lookAgain(queries: QueryClient, signal: AbortSignal): Promise<Session | null> {
  const now = await fetchSession(signal);
  const before = queries.getQueryData<Session | null>(keys.session) ?? null;
  if (before !== null && now === null) {
    ended.set(true);
    return before;
  }
  // Somebody else came in, in another tab: what was loaded is not theirs.
  if (before !== null && now !== null && (whoIs(before) !== whoIs(now) || before.tenant.id !== now.tenant.id))
    forget(queries);
  ended.set(false);
  return now;
}

/** The session of this browser; `data` is `null` when signed out. Probes while the gateway is away. */
export function useSession() {
  const reachable = useReachable();
  return useQuery({
    queryKey: keys.session,
    queryFn: ({ client, signal }) => lookAgain(client, signal),
    staleTime: 60_000,
    refetchInterval: reachable ? false : PROBE_MS,
    // Back from another tab, where one may have signed in.
    refetchOnWindowFocus: () => (ended.get() ? "always" : true),
  });
}

/** Goes along with what happens to the session in other tabs, and tells them of this one. */
export function useOtherTabs(who: string | null) {
  const queries = useQueryClient();
  const replace = useReplaceSession();
  useEffect(
    () =>
      onTabs((said) => {
        if (said === "out") replace(null);
        else void queries.invalidateQueries({ queryKey: keys.session });
      }),
    [queries, replace],
  );
  useEffect(() => {
    if (who !== null) tellTabs("in");
  }, [who]);
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
  return useCallback(
    (session: Session | null) => {
      chooseTenant(null);
      // Not `clear()`: the page watches the session's entry, and must see it change.
      queries.setQueryData(keys.session, session);
      forget(queries);
      ended.set(false);
    },
    [queries],
  );
}

/** Whoever's page still stands goes on with it, in the tenant that it shows; anybody else begins anew. */
function useEnter() {
  const queries = useQueryClient();
  const replace = useReplaceSession();
  return async (session: Session) => {
    const before = queries.getQueryData<Session | null>(keys.session);
    if (before && whoIs(before) === whoIs(session)) await queries.refetchQueries({ queryKey: keys.session });
    else replace(session);
  };
}

export function useSignIn() {
  return useMutation({ mutationFn: signIn, onSuccess: useEnter() });
}

export function usePasswordSignIn() {
  return useMutation({ mutationFn: signInWithPassword, onSuccess: useEnter() });
}

/** Gives up the page that still stands of a session that has ended. */
export function useLeave(): () => void {
  const replace = useReplaceSession();
  return () => replace(null);
}

/** Makes the invited person a user of the gateway, signed in here. */
export function useAcceptInvitation() {
  const replace = useReplaceSession();
  return useMutation({ mutationFn: acceptInvitation, onSuccess: replace });
}

export function useSignOut() {
  const replace = useReplaceSession();
  return useMutation({
    mutationFn: signOut,
    onSuccess: () => {
      tellTabs("out");
      replace(null);
    },
  });
}

/** Shows another tenant of the same person: who they are there is asked first. */
export function useSwitchTenant() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (slug: string) => {
      const before = chosenTenant();
      chooseTenant(slug);
      try {
        const session = await fetchSession();
        if (session) return session;
        throw new ApiError("signed out", 401, "unauthorized", null, null);
      } catch (error) {
        chooseTenant(before);
        throw error;
      }
    },
    onSuccess: (session) => {
      queries.setQueryData(keys.session, session);
      // What is on the page is of the other tenant: it goes at once, and is loaded anew.
      void queries.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== keys.session[0] });
    },
  });
}
