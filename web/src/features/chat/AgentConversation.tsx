import { Fragment, type ReactNode, useCallback, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Compaction } from "@/api/loop";
import { EmptyState } from "@/components/EmptyState";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { Skeleton } from "@/components/Skeleton";
import { AgentTurnView } from "./AgentTurnView";
import { CompactionNote } from "./CompactionNote";
import { QueueList } from "./QueueList";
import { TalkFrame } from "./TalkFrame";
import type { Turn } from "./transcript";
import type { AgentChat } from "./useAgentChat";

/** The summaries that stand before a turn: what they cover ends before its message. */
function before(turn: Turn, previous: Turn | undefined, compactions: readonly Compaction[]) {
  const seq = turn.user?.seq ?? Number.POSITIVE_INFINITY;
  const earlier = previous?.user?.seq ?? -1;
  return compactions.filter(({ upto_seq }) => upto_seq < seq && upto_seq >= earlier);
}

interface AgentConversationProps {
  chat: AgentChat;
  /** The role may ask. */
  allowed: boolean;
  empty: ReactNode;
}

/** What was said between a user and an agent. */
export function AgentConversation({ chat, allowed, empty }: AgentConversationProps) {
  const { t } = useTranslation();
  // The same functions for every render, so that turns which do not change are not drawn again.
  const latest = useRef(chat);
  latest.current = chat;
  const onSay = useCallback((turn: Turn, text: string) => {
    latest.current.sayAgain(turn, { text, images: turn.user?.images ?? [] });
  }, []);
  const onResume = useCallback((turn: Turn) => void latest.current.resume(turn), []);
  const { turns, history, queue, busy } = chat;
  const loading = history.isLoading && turns.length === 0;
  return (
    <TalkFrame growing={chat.turns} streaming={busy} empty={turns.length === 0}>
      {loading && <Skeleton lines={6} />}
      {history.isError && (
        <ErrorNotice error={history.error} onRetry={() => void history.refetch()} className="m-3" />
      )}
      {turns.length === 0 && queue.length === 0 && !loading && !history.isError && (
        <EmptyState title={t("chat.empty_title")}>{empty}</EmptyState>
      )}
      <div className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-5 empty:hidden">
        {turns.length > 0 && (
          <ol className="flex flex-col gap-6">
            {turns.map((turn, index) => (
              <Fragment key={turn.id}>
                {before(turn, turns[index - 1], chat.compactions).map((it) => (
                  <li key={it.upto_seq}>
                    <CompactionNote compaction={it} />
                  </li>
                ))}
                <li>
                  <AgentTurnView turn={turn} open={!busy && allowed} onSay={onSay} onResume={onResume} />
                </li>
              </Fragment>
            ))}
          </ol>
        )}
        <QueueList queue={queue} onUnqueue={chat.unqueue} />
        {chat.link === "lost" && <Notice tone="warn">{t("chat.link_lost")}</Notice>}
        {chat.problem != null && <ErrorNotice error={chat.problem} />}
      </div>
    </TalkFrame>
  );
}
