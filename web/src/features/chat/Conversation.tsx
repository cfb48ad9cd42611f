import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { TalkFrame } from "./TalkFrame";
import { TurnView } from "./TurnView";
import type { Turn } from "./turns";

interface ConversationProps {
  turns: Turn[];
  /** Asks from that turn on again. */
  onAsk: (id: number, question: string) => void;
}

/** A conversation with a plain model. */
export function Conversation({ turns, onAsk }: ConversationProps) {
  const { t } = useTranslation();
  const streaming = turns.some((turn) => turn.state === "streaming");
  return (
    <TalkFrame growing={turns} streaming={streaming} empty={turns.length === 0}>
      {turns.length === 0 ? (
        <EmptyState title={t("chat.empty_title")}>{t("chat.empty_model")}</EmptyState>
      ) : (
        <ol className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-5">
          {turns.map((turn) => (
            <li key={turn.id}>
              <TurnView turn={turn} onAsk={streaming ? undefined : (text) => onAsk(turn.id, text)} />
            </li>
          ))}
        </ol>
      )}
    </TalkFrame>
  );
}
