import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import * as api from "@/api/account";
import { keys } from "./keys";

export function useAccountSessions() {
  return useQuery({
    queryKey: keys.accountSessions,
    queryFn: ({ signal }) => api.fetchAccountSessions(signal),
  });
}

/** Who one is where one signs in with OpenID Connect. */
export function useIdentities() {
  return useQuery({ queryKey: keys.identities, queryFn: ({ signal }) => api.fetchIdentities(signal) });
}

/** Leads to the issuer's page, which leads back to the account page. */
export function useLinkIdentity() {
  return useMutation({
    mutationFn: api.linkIdentity,
    onSuccess: ({ url }) => window.location.assign(url),
  });
}

export function useUnlinkIdentity() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: api.unlinkIdentity,
    onSettled: () => queries.invalidateQueries({ queryKey: keys.identities }),
  });
}

/** The session says what the account has; a change of the one is a change of the other. */
function useRefreshAccount() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.session }),
      queries.invalidateQueries({ queryKey: keys.users }),
      queries.invalidateQueries({ queryKey: keys.accountSessions }),
    ]);
}

export function useRenameAccount() {
  return useMutation({ mutationFn: api.renameAccount, onSuccess: useRefreshAccount() });
}

export function useChangePassword() {
  return useMutation({ mutationFn: api.changePassword, onSuccess: useRefreshAccount() });
}

export function useTotp() {
  const refresh = useRefreshAccount();
  return {
    begin: useMutation({ mutationFn: api.beginTotp }),
    confirm: useMutation({ mutationFn: api.confirmTotp, onSuccess: refresh }),
    end: useMutation({ mutationFn: api.endTotp, onSuccess: refresh }),
  };
}

export function useEndSession() {
  return useMutation({ mutationFn: api.endSession, onSettled: useRefreshAccount() });
}

export function useEndOtherSessions() {
  return useMutation({ mutationFn: api.endOtherSessions, onSettled: useRefreshAccount() });
}
