import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { UserChange } from "@/api/access";
import * as api from "@/api/users";
import { keys } from "./keys";
import { useLastOf } from "./useLastOf";

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

interface Update {
  id: string;
  change: UserChange;
}

export function useUpdateUser() {
  return useMutation({
    mutationKey: keys.updateUser,
    mutationFn: ({ id, change }: Update) => api.updateUser(id, change),
    onSettled: useRefreshUsers(),
    gcTime: 0,
  });
}

/** How the last change of this user went. */
export function useUserUpdate(id: string) {
  return useLastOf<void, Update>(keys.updateUser, (update) => update.id === id);
}

export function useRemoveUser() {
  return useMutation({ mutationFn: api.removeUser, onSuccess: useRefreshUsers() });
}
