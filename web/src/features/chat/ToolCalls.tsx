import { Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ToolCall } from "./turns";

/** Arguments that are complete JSON are laid out; anything else stands as it came. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

interface ToolCallsProps {
  calls: ToolCall[];
  /** The answer ended with these: it waits for results that this page cannot give. */
  asked: boolean;
}

/** The tools that the model asked for, folded. */
export function ToolCalls({ calls, asked }: ToolCallsProps) {
  const { t } = useTranslation();
  return (
    <>
      {calls.map((call) => (
        <details
          key={call.index}
          className="rounded-md bg-sunken px-3 py-1.5 text-sm"
          data-testid="tool-call"
        >
          <summary className="text-muted">
            <Wrench size={13} aria-hidden className="mr-1.5 inline" />
            {t("chat.tool_call")} <code className="font-mono text-ink">{call.name}</code>
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <pre tabIndex={0} className="overflow-x-auto py-1.5 font-mono text-xs">
            {readable(call.arguments) || "–"}
          </pre>
        </details>
      ))}
      {asked && <p className="text-muted text-sm">{t("chat.tools_not_run")}</p>}
    </>
  );
}
