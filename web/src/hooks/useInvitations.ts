import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { actByInvitation } from "@/api/client";
import * as api from "@/api/invitations";
import { keys } from "./keys";

export function useInvitations() {
  return useQuery({ queryKey: keys.invitations, queryFn: ({ signal }) => api.fetchInvitations(signal) });
}

function useRefreshInvitations() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.invitations });
}

export function useInvite() {
  return useMutation({ mutationFn: api.createInvitation, onSuccess: useRefreshInvitations() });
}

export function useWithdrawInvitation() {
  return useMutation({ mutationFn: api.withdrawInvitation, onSettled: useRefreshInvitations() });
}

/** What the link offers; asks nothing without a token. */
export function useOffer(token: string) {
  return useQuery({
    queryKey: keys.offer(token),
    queryFn: ({ signal }) => api.fetchOffer(token, signal),
    enabled: token !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Lets the account's sign-in run as the invitation's holder. Before any hook that asks: effects run in their order. */
export function useActByInvitation(token: string) {
  useEffect(() => {
    actByInvitation(token);
    return () => actByInvitation(null);
  }, [token]);
}
