import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { StatusWord } from "@/components/StatusWord";
import { useErrorWords } from "@/hooks/useErrorWords";
import type { Queued } from "./queue";
import { Thumbnails } from "./Thumbnails";

const TONES = { sending: "idle", queued: "idle", taken: "idle", not_taken: "warn", failed: "bad" } as const;

interface QueueListProps {
  queue: Queued[];
  onUnqueue: (id: string, again: boolean) => void;
}

/** What was said while the agent works, and what became of it. */
export function QueueList({ queue, onUnqueue }: QueueListProps) {
  const { t } = useTranslation();
  const errorText = useErrorWords();
  if (queue.length === 0) return null;
  return (
    <ul aria-label={t("chat.queue_list")} className="flex flex-col gap-2">
      {queue.map(({ id, message, state, error }) => (
        <li
          key={id}
          data-testid="queued"
          className="ml-auto flex max-w-[85%] flex-col items-end gap-1 rounded-lg border border-line border-dashed px-3 py-2"
        >
          <Thumbnails images={message.images} />
          <p className="whitespace-pre-wrap [overflow-wrap:anywhere]">{message.text}</p>
          <StatusWord tone={TONES[state]}>{t(`chat.queue_state.${state}`)}</StatusWord>
          {state === "failed" && <p className="text-bad text-sm">{errorText(error)}</p>}
          {(state === "not_taken" || state === "failed") && (
            <div className="flex gap-1">
              <Button size="sm" look="quiet" onClick={() => onUnqueue(id, false)}>
                {t("chat.discard")}
              </Button>
              <Button size="sm" onClick={() => onUnqueue(id, true)}>
                {t("chat.send")}
              </Button>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
