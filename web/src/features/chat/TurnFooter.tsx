import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { AnswerActions } from "./AnswerActions";
import type { Turn } from "./turns";

interface TurnFooterProps {
  turn: Turn;
  onRetry?: (() => void) | undefined;
}

/** Who served the answer, with what, and what it took. */
export function TurnFooter({ turn, onRetry }: TurnFooterProps) {
  const { t } = useTranslation();
  const format = useFormat();
  if (turn.state === "streaming" && !turn.servedBy) return null;
  const parts = [
    turn.servedBy && t("chat.served_by", { account: turn.servedBy }),
    turn.servedModel ?? turn.model,
    turn.usage &&
      t("chat.tokens", {
        input: format.count(turn.usage.inputTokens),
        output: format.count(turn.usage.outputTokens),
      }),
    turn.durationMs !== null && format.duration(turn.durationMs),
  ].filter(Boolean);
  return (
    <footer className="flex flex-wrap items-center justify-between gap-2 text-muted text-xs">
      <p className="tabular" data-testid="served">
        {parts.join(" · ")}
      </p>
      {turn.state !== "streaming" && <AnswerActions answer={turn.answer} onRetry={onRetry} />}
    </footer>
  );
}
