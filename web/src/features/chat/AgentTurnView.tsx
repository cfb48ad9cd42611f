import { memo } from "react";
import { useTranslation } from "react-i18next";
import { AnswerActions } from "./AnswerActions";
import { isOn } from "./applyRunEvent";
import { BlockView } from "./BlockView";
import { RunFooter } from "./RunFooter";
import { RunState } from "./RunState";
import { answerOf, type Turn } from "./transcript";
import { UserBubble } from "./UserBubble";

interface AgentTurnViewProps {
  turn: Turn;
  /** No run is on, and the role may ask: the turn can be changed. */
  open: boolean;
  onSay: (turn: Turn, text: string) => void;
  onResume: (turn: Turn) => void;
}

/** One message to an agent, and everything it did about it. */
export const AgentTurnView = memo(function AgentTurnView({
  turn,
  open,
  onSay,
  onResume,
}: AgentTurnViewProps) {
  const { t } = useTranslation();
  const on = isOn(turn);
  const { user } = turn;
  const again = open && user ? () => onSay(turn, user.text) : undefined;
  return (
    <article className="flex flex-col gap-2" data-testid="turn">
      <h2 className="sr-only">{t("chat.question")}</h2>
      {user && (
        <UserBubble
          text={user.text}
          images={user.images}
          onEdit={open ? (text) => onSay(turn, text) : undefined}
        />
      )}
      <h2 className="sr-only">{t("chat.answer")}</h2>
      {turn.blocks.map((block, index) => (
        <BlockView
          // biome-ignore lint/suspicious/noArrayIndexKey: blocks only grow, and keep their places
          key={index}
          block={block}
          streaming={on && index === turn.blocks.length - 1}
          on={on}
          run={turn.runId}
        />
      ))}
      <RunState turn={turn} onRetry={again} onResume={open ? () => onResume(turn) : undefined} />
      {!on && (
        <footer className="flex flex-wrap items-start justify-between gap-2 text-muted text-xs">
          <RunFooter turn={turn} />
          <AnswerActions answer={answerOf(turn)} onRetry={turn.state === "failed" ? undefined : again} />
        </footer>
      )}
    </article>
  );
});
