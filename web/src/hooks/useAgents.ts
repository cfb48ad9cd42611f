import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import * as api from "@/api/agents";
import type { AgentInput } from "@/api/types";
import { keys } from "./keys";
import { useUndo } from "./undo";

export function useAgents() {
  return useQuery({ queryKey: keys.agents, queryFn: ({ signal }) => api.fetchAgents(signal) });
}

function useRefreshAgents() {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.agents }),
      queries.invalidateQueries({ queryKey: keys.models }),
      queries.invalidateQueries({ queryKey: keys.overview }),
    ]);
}

/** Creates when `key` is `null`, changes the agent of that key otherwise. */
export function useSaveAgent(key: string | null) {
  return useMutation({
    mutationFn: async (body: AgentInput) => {
      await (key === null ? api.createAgent(body) : api.updateAgent(key, body));
    },
    onSuccess: useRefreshAgents(),
  });
}

/** Deletes an agent after a while in which it can be undone. */
export function useDeleteAgent() {
  const { t } = useTranslation();
  const { mutateAsync } = useMutation({
    mutationFn: api.removeAgent,
    meta: { told: true },
    onSuccess: useRefreshAgents(),
  });
  const undoable = useUndo();
  return (key: string) =>
    undoable({ id: `agent ${key}`, text: t("agents.deleted", { key }), run: () => mutateAsync(key) });
}
