import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { RunSteps } from "./RunSteps";
import type { Turn } from "./transcript";

/** Who served the turn, with what, and what it took; its steps on request. */
export function RunFooter({ turn }: { turn: Turn }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [open, setOpen] = useState(false);
  const { usage, servedBy } = turn;
  const parts = [
    servedBy.length > 0 && t("chat.served_by", { account: servedBy.join(", ") }),
    turn.model,
    usage &&
      t("chat.tokens", {
        input: format.count(usage.input_tokens),
        output: format.count(usage.output_tokens),
      }),
    turn.durationMs !== null && format.duration(turn.durationMs),
  ].filter(Boolean);
  return (
    <div className="min-w-0 flex-1">
      {parts.length > 0 && (
        <p className="tabular" data-testid="served">
          {parts.join(" · ")}
        </p>
      )}
      {turn.runId !== null && (
        <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
          <summary>{t("chat.steps")}</summary>
          {open && <RunSteps run={turn.runId} calls={turn.calls} />}
        </details>
      )}
    </div>
  );
}
