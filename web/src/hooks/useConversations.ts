import {
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { fetchRunsOf } from "@/api/runs";
import * as api from "@/api/sessions";
import { keys } from "./keys";
import { pollInterval } from "./live";
import { saveFile } from "./saveFile";
import { useUndo } from "./undo";

/** The conversations of an agent, newest first, page by page. */
export function useConversations(agent: string, q: string) {
  return useInfiniteQuery({
    queryKey: keys.conversationList(agent, q),
    queryFn: ({ pageParam, signal }) =>
      api.fetchConversations({ agent, q, before: pageParam ?? undefined }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_before ?? null,
    placeholderData: keepPreviousData,
    // Reading many pages again would move the list under the reader.
    refetchInterval: ({ state }) => ((state.data?.pages.length ?? 0) > 1 ? false : pollInterval()),
  });
}

/** One conversation; asks nothing while `id` is not known. It is looked at again, as other programs use it too. */
export function useConversation(id: string | undefined) {
  return useQuery({
    queryKey: keys.conversation(id ?? ""),
    queryFn: ({ signal }) => api.fetchConversation(id ?? "", signal),
    enabled: id !== undefined,
    refetchInterval: pollInterval,
  });
}

/** What was said in it. */
export function useHistory(id: string | undefined) {
  return useQuery({
    queryKey: keys.history(id ?? ""),
    queryFn: ({ signal }) => api.fetchHistory(id ?? "", signal),
    enabled: id !== undefined,
  });
}

/** Its runs. */
export function useRunsOf(id: string | undefined) {
  return useQuery({
    queryKey: keys.runsOf(id ?? ""),
    queryFn: ({ signal }) => fetchRunsOf(id ?? "", signal),
    enabled: id !== undefined,
  });
}

function useRefreshConversations() {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.conversations });
}

export function useRenameConversation() {
  return useMutation({
    mutationFn: ({ id, title }: { id: string; title: string }) => api.renameConversation(id, title),
    onSuccess: useRefreshConversations(),
  });
}

/** Deletes a conversation after a while in which it can be undone. */
export function useDeleteConversation() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const undoable = useUndo();
  const { mutateAsync } = useMutation({
    mutationFn: api.removeConversation,
    meta: { told: true },
    onSuccess: (_answer, id) => {
      // What is gone must not be asked for again.
      queries.removeQueries({ queryKey: keys.conversation(id) });
      return queries.invalidateQueries({ queryKey: keys.conversations });
    },
  });
  return ({ id, title }: { id: string; title: string }) =>
    undoable({ id: `session ${id}`, text: t("sessions.deleted", { title }), run: () => mutateAsync(id) });
}

const ENDINGS: Record<api.ExportFormat, string> = { json: "json", markdown: "md" };

/** Saves a conversation as a file. */
export function useExportConversation() {
  return useMutation({
    mutationFn: async ({ id, name, format }: { id: string; name: string; format: api.ExportFormat }) =>
      saveFile(await api.exportConversation(id, format), `${name}.${ENDINGS[format]}`),
  });
}
