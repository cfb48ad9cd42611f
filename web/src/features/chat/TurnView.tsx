import { lazy, Suspense, useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Thinking } from "./Thinking";
import { ToolCalls } from "./ToolCalls";
import { TurnFooter } from "./TurnFooter";
import type { Turn } from "./turns";

// The renderer is the largest part of this page, and is not needed before the first answer.
const Markdown = lazy(() => import("./Markdown"));

export function TurnView({ turn, onRetry }: { turn: Turn; onRetry?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const answer = useDeferredValue(turn.answer);
  const silent = turn.state === "streaming" && !turn.answer && !turn.thinking && turn.tools.length === 0;
  return (
    <article className="flex flex-col gap-2">
      <h2 className="sr-only">{t("chat.question")}</h2>
      <p className="ml-auto max-w-[85%] whitespace-pre-wrap rounded-lg bg-accent-soft px-3 py-2 [overflow-wrap:anywhere]">
        {turn.question}
      </p>
      <h2 className="sr-only">{t("chat.answer")}</h2>
      {turn.thinking && (
        <Thinking text={turn.thinking} streaming={turn.state === "streaming" && turn.answer === ""} />
      )}
      {silent && <p className="animate-pulse text-muted">{t("chat.waiting")}</p>}
      {answer && (
        <div className="prose" data-testid="answer">
          <Suspense fallback={<p className="whitespace-pre-wrap">{answer}</p>}>
            <Markdown text={answer} />
          </Suspense>
        </div>
      )}
      <ToolCalls calls={turn.tools} asked={turn.finish === "tool_calls"} />
      {turn.state === "stopped" && (
        <p className="text-muted text-sm">
          {t(turn.sessionKey === null ? "chat.stopped" : "chat.stopped_not_kept")}
        </p>
      )}
      {turn.finish === "length" && <p className="text-sm text-warn">{t("chat.too_long")}</p>}
      {turn.state === "failed" && <ErrorNotice error={turn.error} onRetry={onRetry} />}
      <TurnFooter turn={turn} />
    </article>
  );
}
