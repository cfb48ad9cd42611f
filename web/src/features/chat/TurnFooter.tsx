import { useTranslation } from "react-i18next";
import { CopyButton } from "@/components/CopyButton";
import { useFormat } from "@/i18n/format";
import type { Turn } from "./turns";

/** Who served the answer, with what, and what it took. */
export function TurnFooter({ turn }: { turn: Turn }) {
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
      {turn.answer && turn.state !== "streaming" && <CopyButton text={turn.answer} what={t("chat.answer")} />}
    </footer>
  );
}
