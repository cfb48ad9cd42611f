import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { TurnView } from "./TurnView";
import type { Turn } from "./turns";
import { useStickToBottom } from "./useStickToBottom";

export function Conversation({ turns, onRetry }: { turns: Turn[]; onRetry: (id: number) => void }) {
  const { t } = useTranslation();
  const { box, onScroll } = useStickToBottom<HTMLElement>(turns);
  const streaming = turns.some((turn) => turn.state === "streaming");
  return (
    <section
      ref={box}
      onScroll={onScroll}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
      tabIndex={0}
      aria-label={t("chat.conversation")}
      aria-busy={streaming}
      className="min-h-0 flex-1 overflow-y-auto rounded-t-lg border border-line bg-surface"
    >
      {turns.length === 0 ? (
        <EmptyState title={t("chat.empty_title")}>{t("chat.empty")}</EmptyState>
      ) : (
        <ol className="mx-auto flex max-w-3xl flex-col gap-6 px-4 py-5">
          {turns.map((turn, index) => (
            <li key={turn.id}>
              <TurnView
                turn={turn}
                onRetry={index === turns.length - 1 ? () => onRetry(turn.id) : undefined}
              />
            </li>
          ))}
        </ol>
      )}
      <p role="status" className="sr-only">
        {streaming ? t("chat.answering") : turns.length > 0 && t("chat.answered")}
      </p>
    </section>
  );
}
