import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ErrorNotice";
import { AnswerText } from "./AnswerText";
import { Thinking } from "./Thinking";
import { ToolCalls } from "./ToolCalls";
import { TurnFooter } from "./TurnFooter";
import type { Turn } from "./turns";
import { UserBubble } from "./UserBubble";

interface TurnViewProps {
  turn: Turn;
  /** Asks again from here; `undefined` while an answer streams. */
  onAsk?: ((question: string) => void) | undefined;
}

/** One question to a plain model and its answer. */
export function TurnView({ turn, onAsk }: TurnViewProps) {
  const { t } = useTranslation();
  const silent = turn.state === "streaming" && !turn.answer && !turn.thinking && turn.tools.length === 0;
  const again = onAsk && (() => onAsk(turn.question));
  return (
    <article className="flex flex-col gap-2">
      <h2 className="sr-only">{t("chat.question")}</h2>
      <UserBubble text={turn.question} onEdit={onAsk} />
      <h2 className="sr-only">{t("chat.answer")}</h2>
      {turn.thinking && (
        <Thinking text={turn.thinking} streaming={turn.state === "streaming" && turn.answer === ""} />
      )}
      {silent && <p className="motion-safe:animate-pulse text-muted">{t("chat.waiting")}</p>}
      {turn.answer && <AnswerText text={turn.answer} />}
      <ToolCalls calls={turn.tools} asked={turn.finish === "tool_calls"} />
      {turn.state === "stopped" && <p className="text-muted text-sm">{t("chat.stopped")}</p>}
      {turn.finish === "length" && <p className="text-sm text-warn">{t("chat.too_long")}</p>}
      {turn.state === "failed" && <ErrorNotice error={turn.error} onRetry={again} />}
      <TurnFooter turn={turn} onRetry={turn.state === "failed" ? undefined : again} />
    </article>
  );
}
