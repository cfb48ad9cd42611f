import { useTranslation } from "react-i18next";
import { ToolCallView } from "./ToolCallView";
import type { ToolCall } from "./turns";

interface ToolCallsProps {
  calls: ToolCall[];
  /** The answer ended with these: it waits for results that this page cannot give. */
  asked: boolean;
}

/** The tools that a plain model asked for, folded. */
export function ToolCalls({ calls, asked }: ToolCallsProps) {
  const { t } = useTranslation();
  return (
    <>
      {calls.map((call) => (
        <ToolCallView key={call.index} name={call.name} input={call.arguments} />
      ))}
      {asked && <p className="text-muted text-sm">{t("chat.tools_not_run")}</p>}
    </>
  );
}
