import { Notice } from "@/components/Notice";
import type { Said } from "./catalogue";
import { useFault } from "./useFault";

interface FaultNoticeProps extends Said {
  /** As the gateway or the upstream said it. */
  message?: string | null;
  tone?: "bad" | "warn";
  className?: string;
}

/** What went wrong in plain words, what to do, and the raw text below. Nothing when nothing is known. */
export function FaultNotice({ cause, code, message, tone = "bad", className }: FaultNoticeProps) {
  const words = useFault()({ cause, code });
  const raw = [...new Set([message, code ?? cause])].filter(Boolean);
  if (!words && raw.length === 0) return null;
  return (
    <Notice tone={tone} className={className}>
      {words && (
        <>
          <p className="font-medium first-letter:uppercase">{words.title}</p>
          <p>{words.help}</p>
        </>
      )}
      {raw.map((text, index) =>
        index === 0 && text === message && !words ? (
          <p key={text}>{text}</p>
        ) : (
          <p key={text} className="mt-1 font-mono text-xs [overflow-wrap:anywhere]">
            {text}
          </p>
        ),
      )}
    </Notice>
  );
}
