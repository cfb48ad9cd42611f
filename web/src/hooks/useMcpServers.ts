import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { McpServerInput } from "@/api/loop";
import * as api from "@/api/mcp";
import { keys } from "./keys";

/** A server is started and asked in the background: soon after a change the list says something new. */
const CONNECTING_MS = 1_500;
const CALM_MS = 15_000;

export function useMcpServers() {
  return useQuery({
    queryKey: keys.mcpServers,
    queryFn: ({ signal }) => api.fetchMcpServers(signal),
    refetchInterval: ({ state }) =>
      state.data?.some(({ status }) => status.state === "connecting") ? CONNECTING_MS : CALM_MS,
  });
}

function useRefreshServers() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.mcpServers }),
      queries.invalidateQueries({ queryKey: keys.tools }),
    ]);
}

/** Creates when `id` is `null`, changes that server otherwise. */
export function useSaveMcpServer(id: string | null) {
  return useMutation({
    mutationFn: (body: McpServerInput) =>
      id === null ? api.createMcpServer(body) : api.updateMcpServer(id, body),
    onSuccess: useRefreshServers(),
  });
}

export function useRemoveMcpServer() {
  return useMutation({ mutationFn: api.removeMcpServer, onSuccess: useRefreshServers() });
}

export function useReconnectMcpServer() {
  return useMutation({ mutationFn: api.reconnectMcpServer, onSettled: useRefreshServers() });
}
