import { useTranslation } from "react-i18next";

/** What the model thought, folded. */
export function Thinking({ text, streaming }: { text: string; streaming: boolean }) {
  const { t } = useTranslation();
  return (
    <details className="rounded-md bg-sunken px-3 py-1.5 text-sm">
      <summary className={streaming ? "motion-safe:animate-pulse text-muted" : "text-muted"}>
        {t(streaming ? "chat.thinking_now" : "chat.thinking")}
      </summary>
      <p className="whitespace-pre-wrap py-1.5 text-muted [overflow-wrap:anywhere]">{text}</p>
    </details>
  );
}
