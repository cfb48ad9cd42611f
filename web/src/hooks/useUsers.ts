import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UserChange } from "@/api/access";
import * as api from "@/api/users";
import { keys } from "./keys";

export function useUsers() {
  return useQuery({ queryKey: keys.users, queryFn: ({ signal }) => api.fetchUsers(signal) });
}

function useRefreshUsers() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.users }),
      // One may have changed oneself.
      queries.invalidateQueries({ queryKey: keys.session }),
    ]);
}

export function useUpdateUser() {
  return useMutation({
    mutationFn: ({ id, change }: { id: string; change: UserChange }) => api.updateUser(id, change),
    onSettled: useRefreshUsers(),
  });
}

export function useRemoveUser() {
  return useMutation({ mutationFn: api.removeUser, onSuccess: useRefreshUsers() });
}
