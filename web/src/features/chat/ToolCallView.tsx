import { Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";
import { StatusWord } from "@/components/StatusWord";
import { useFormat } from "@/i18n/format";

/** JSON that is complete is laid out; anything else stands as it came. */
export function readable(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

export type ToolState = "running" | "done" | "failed" | "no_result";

const TONES = { running: "idle", done: "good", failed: "bad", no_result: "warn" } as const;

interface ToolCallViewProps {
  name: string;
  /** JSON, as far as it has come. */
  input: string;
  state?: ToolState | undefined;
  result?: string | null;
  durationMs?: number | null;
  onToggle?: (open: boolean) => void;
}

function Block({ label, text }: { label: string; text: string }) {
  return (
    <>
      <p className="pt-1.5 text-muted text-xs">{label}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0} className="max-h-80 overflow-auto py-1 font-mono text-xs">
        {text || "–"}
      </pre>
    </>
  );
}

/** One call of a tool, folded: what it was asked, what it gave, and how long it took. */
export function ToolCallView({
  name,
  input,
  state,
  result = null,
  durationMs = null,
  onToggle,
}: ToolCallViewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <details
      className="rounded-md bg-sunken px-3 py-1.5 text-sm"
      data-testid="tool-call"
      onToggle={({ currentTarget }) => onToggle?.(currentTarget.open)}
    >
      <summary className="text-muted">
        <span className="inline-flex max-w-[calc(100%-1.25rem)] flex-wrap items-center gap-x-2 gap-y-0.5 align-middle">
          <Wrench size={13} aria-hidden />
          <span>
            {t("chat.tool_call")} <code className="font-mono text-ink [overflow-wrap:anywhere]">{name}</code>
          </span>
          {state && <StatusWord tone={TONES[state]}>{t(`chat.tool_state.${state}`)}</StatusWord>}
          {durationMs !== null && <span className="tabular text-xs">{format.duration(durationMs)}</span>}
        </span>
      </summary>
      <Block label={t("chat.tool_arguments")} text={readable(input)} />
      {result !== null && (
        <Block
          label={t(state === "failed" ? "chat.tool_error" : "chat.tool_result")}
          text={readable(result)}
        />
      )}
    </details>
  );
}
