import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useStickToBottom } from "./useStickToBottom";

interface TalkFrameProps {
  /** What moves the end as it grows. */
  growing: unknown;
  streaming: boolean;
  empty: boolean;
  children: ReactNode;
}

/** The scrolling area of a conversation, which follows its end. */
export function TalkFrame({ growing, streaming, empty, children }: TalkFrameProps) {
  const { t } = useTranslation();
  const { box, onScroll } = useStickToBottom<HTMLElement>(growing);
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
      {children}
      <p role="status" className="sr-only">
        {streaming ? t("chat.answering") : !empty && t("chat.answered")}
      </p>
    </section>
  );
}
