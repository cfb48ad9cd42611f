import { useTranslation } from "react-i18next";
import type { Attempt } from "@/api/types";
import { cx } from "@/components/cx";
import { useFault } from "@/features/errors/useFault";
import type { Stretch } from "./waterfall";

const BARS: Record<Attempt["outcome"], string> = {
  served: "bg-good",
  failed: "bg-bad",
  cancelled: "bg-idle",
};

/** Until the first event lighter than from then on. */
function TimeBar({ attempt, stretch }: { attempt: Attempt; stretch: Stretch }) {
  const colour = BARS[attempt.outcome];
  return (
    <div aria-hidden className="h-2.5 rounded-sm bg-hover">
      <div
        className="flex h-full min-w-1 overflow-hidden rounded-sm"
        style={{ marginLeft: `${stretch.start}%`, width: `${stretch.width}%` }}
      >
        <div className={cx("h-full opacity-40", colour)} style={{ width: `${stretch.waited}%` }} />
        <div className={cx("h-full flex-1", colour)} />
      </div>
    </div>
  );
}

/** How an attempt failed, in words, and the raw text below. */
function Failure({ attempt }: { attempt: Attempt }) {
  const { t } = useTranslation();
  const words = useFault()({ cause: attempt.cause, code: attempt.error_code });
  const codes = [attempt.cause, attempt.error_code, attempt.http_status].filter((it) => it != null);
  return (
    <div className="mt-1 text-xs">
      {words && (
        <p>
          <span className="inline-block font-medium first-letter:uppercase">{words.title}</span>
          {attempt.fault && <span className="text-muted"> · {t(`requests.fault.${attempt.fault}`)}</span>}
        </p>
      )}
      {!words && attempt.fault && <p className="text-muted">{t(`requests.fault.${attempt.fault}`)}</p>}
      {words && <p className="text-muted">{words.help}</p>}
      {codes.length > 0 && (
        <p className="font-mono text-muted [overflow-wrap:anywhere]">{[...new Set(codes)].join(" · ")}</p>
      )}
      {attempt.error_message && (
        <p className="font-mono text-muted [overflow-wrap:anywhere]">{attempt.error_message}</p>
      )}
    </div>
  );
}

interface AttemptNotesProps {
  attempt: Attempt;
  stretch: Stretch | undefined;
}

/** When the attempt took place, and how it failed. */
export function AttemptNotes({ attempt, stretch }: AttemptNotesProps) {
  return (
    <>
      {stretch && <TimeBar attempt={attempt} stretch={stretch} />}
      {attempt.outcome !== "served" && <Failure attempt={attempt} />}
    </>
  );
}
