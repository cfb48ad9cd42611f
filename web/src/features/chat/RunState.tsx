import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import type { Turn } from "./transcript";

/** What the run does right now. */
function useDoing(turn: Turn): string | null {
  const { t } = useTranslation();
  if (turn.state === "sent") return t("chat.waiting");
  if (turn.state !== "running") return null;
  const { activity } = turn;
  if (activity?.phase === "tool_exec")
    return activity.tools.length > 0
      ? t("chat.doing.tools", { count: activity.tools.length, names: activity.tools.join(", ") })
      : t("chat.doing.some_tools");
  if (activity?.phase === "compacting") return t("chat.doing.compacting");
  // Words that stream in need no other sign of life.
  return turn.blocks.at(-1)?.kind === "text" ? null : t("chat.doing.thinking");
}

function useReason(reason: string | null): string | null {
  const { t } = useTranslation();
  if (reason === null || reason === "finished") return null;
  if (reason === "max_tool_iterations") return t("chat.reason.max_tool_iterations");
  return t("chat.reason.other", { reason });
}

interface RunStateProps {
  turn: Turn;
  onRetry: (() => void) | undefined;
  onResume: (() => void) | undefined;
}

/** Where the run stands: what it does, or how it ended and what can be done. */
export function RunState({ turn, onRetry, onResume }: RunStateProps) {
  const { t } = useTranslation();
  const doing = useDoing(turn);
  const reason = useReason(turn.reason);
  switch (turn.state) {
    case "sent":
    case "running":
      return (
        <>
          {turn.retrying !== null && (
            <Notice tone="warn">{t("chat.retrying", { error: turn.retrying })}</Notice>
          )}
          {doing && <p className="motion-safe:animate-pulse text-muted text-sm">{doing}</p>}
        </>
      );
    case "failed":
      return <ErrorNotice error={turn.error ?? new Error(t("chat.failed"))} onRetry={onRetry} />;
    case "cancelled":
      return <p className="text-muted text-sm">{t("chat.stopped")}</p>;
    case "interrupted":
      return (
        <Notice tone="warn">
          <div className="flex flex-wrap items-center justify-between gap-2">
            {t("chat.interrupted")}
            {onResume && turn.runId !== null && (
              <Button size="sm" onClick={onResume}>
                {t("chat.resume")}
              </Button>
            )}
          </div>
        </Notice>
      );
    case "completed":
      return reason && <p className="text-sm text-warn">{reason}</p>;
  }
}
