import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/loop";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { SearchBox } from "@/components/SearchBox";
import { useDoomed } from "@/hooks/undo";
import { useConversations, useDeleteConversation, useExportConversation } from "@/hooks/useConversations";
import { RenameDialog } from "./RenameDialog";
import { SessionRow } from "./SessionRow";
import { titleOf } from "./transcript";

interface SessionPanelProps {
  agent: string;
  /** What is searched for. */
  q: string;
  /** The one that is open. */
  session: string | undefined;
  onSearch: (q: string) => void;
  /** It was deleted. */
  onGone: (session: string) => void;
  /** One was chosen. */
  onChoose?: () => void;
}

/** The conversations of an agent: find, open, rename, export, delete. */
export function SessionPanel({ agent, q, session, onSearch, onGone, onChoose }: SessionPanelProps) {
  const { t } = useTranslation();
  const conversations = useConversations(agent, q);
  const save = useExportConversation();
  const [renaming, setRenaming] = useState<Conversation | null>(null);
  const remove = useDeleteConversation();
  const doomed = useDoomed();
  return (
    <nav aria-label={t("sessions.title")} className="flex min-h-0 flex-1 flex-col gap-2">
      <SearchBox main value={q} label={t("sessions.search")} onChange={onSearch} />
      {save.isError && <ErrorNotice error={save.error} />}
      <div className="min-h-0 flex-1 overflow-y-auto">
        <Loaded query={conversations} lines={5}>
          {({ pages }) => {
            const rows = pages
              .flatMap(({ sessions }) => sessions)
              .filter(({ id }) => !doomed.has(`session ${id}`));
            if (rows.length === 0)
              return (
                <p className="px-2 py-4 text-muted text-sm">
                  {t(q ? "sessions.none_match" : "sessions.empty")}
                </p>
              );
            return (
              <ul>
                {rows.map((it) => (
                  <SessionRow
                    key={it.id}
                    conversation={it}
                    q={q}
                    open={it.id === session}
                    onChoose={onChoose}
                    onRename={() => setRenaming(it)}
                    onDelete={() => {
                      remove({ id: it.id, title: titleOf(it) });
                      onGone(it.id);
                    }}
                    onExport={(format) => save.mutate({ id: it.id, name: titleOf(it), format })}
                  />
                ))}
              </ul>
            );
          }}
        </Loaded>
        {conversations.hasNextPage && (
          <div className="py-2 text-center">
            <Button
              size="sm"
              busy={conversations.isFetchingNextPage}
              onClick={() => void conversations.fetchNextPage()}
            >
              {t("sessions.more")}
            </Button>
          </div>
        )}
      </div>
      {renaming && <RenameDialog conversation={renaming} onClose={() => setRenaming(null)} />}
    </nav>
  );
}
