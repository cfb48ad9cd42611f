import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as api from "@/api/chatgpt";
import type { LoginStarted, LoginStatus, StartLogin } from "@/api/types";
import { ended } from "./ended";
import { keys } from "./keys";
import { useRefreshProviders } from "./useProviders";

const POLL_MS = 2_000;

/** The state of an account's sign-in, polled while the dialog is open; asks nothing without a name. */
export function useLoginStatus(provider: string) {
  return useQuery({
    queryKey: keys.login(provider),
    queryFn: ({ signal }) => api.fetchLoginStatus(provider, signal),
    enabled: provider !== "",
    refetchInterval: () => (ended.get() ? false : POLL_MS),
    // The person is in the other tab while this matters most.
    refetchIntervalInBackground: true,
    staleTime: 0,
  });
}

function withPending(
  old: LoginStatus | undefined,
  method: NonNullable<StartLogin["method"]>,
  started: LoginStarted,
): LoginStatus {
  const base = old ?? { authenticated: false, state: "signed_out" as const, pending: null };
  if (!("login_id" in started)) return base;
  return { ...base, pending: { state: "pending", error: null, method, ...started } };
}

interface Start {
  provider: string;
  body: StartLogin;
}

export function useStartLogin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ provider, body }: Start) => api.startLogin(provider, body),
    onSuccess: async (started, { provider, body }) => {
      // An answer that was already under way knows nothing of this flow: it must not overwrite it.
      await queries.cancelQueries({ queryKey: keys.login(provider) });
      queries.setQueryData<LoginStatus>(keys.login(provider), (old) =>
        withPending(old, body.method ?? "browser", started),
      );
    },
  });
}

/** Mutations that end a sign-in, or an account's sign-in; each refreshes what it may have changed. */
function useLoginMutation<Variables extends { provider: string }, Result>(
  mutationFn: (variables: Variables) => Promise<Result>,
) {
  const queries = useQueryClient();
  const refresh = useRefreshProviders();
  return useMutation({
    mutationFn,
    onSettled: (_data, _error, { provider }) =>
      Promise.all([queries.invalidateQueries({ queryKey: keys.login(provider) }), refresh()]),
  });
}

export function useFinishLogin() {
  return useLoginMutation((it: { provider: string; redirectUrl: string }) =>
    api.finishLogin(it.provider, it.redirectUrl),
  );
}

export function useImportLogin() {
  return useLoginMutation((it: { provider: string; authJson: Record<string, unknown> }) =>
    api.importLogin(it.provider, it.authJson),
  );
}

export function useCancelLogin() {
  return useLoginMutation((it: { provider: string }) => api.cancelLogin(it.provider));
}

export function useSignOutAccount() {
  return useLoginMutation((it: { provider: string }) => api.signOutAccount(it.provider));
}
