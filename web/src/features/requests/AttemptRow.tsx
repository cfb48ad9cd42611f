import { useTranslation } from "react-i18next";
import type { Attempt } from "@/api/types";
import { cx } from "@/components/cx";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { Td } from "@/components/Table";
import { useFault } from "@/features/errors/useFault";
import { useFormat } from "@/i18n/format";
import type { Stretch } from "./waterfall";

const TONES: Record<Attempt["outcome"], Tone> = { served: "good", failed: "bad", cancelled: "idle" };
export const BARS: Record<Attempt["outcome"], string> = {
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

interface AttemptRowProps {
  attempt: Attempt;
  place: number;
  stretch: Stretch | undefined;
}

export function AttemptRow({ attempt, place, stretch }: AttemptRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { first_event_ms: first, duration_ms: total } = attempt;
  const times: [name: string, ms: number | null][] = [
    [t("requests.wait"), first],
    [t("requests.streaming"), first === null ? null : Math.max(0, total - first)],
    [t("requests.duration"), total],
  ];
  return (
    <>
      <tr className="max-sm:border-b-0 max-sm:pb-0">
        <Td className="tabular align-top text-muted sm:border-b-0 sm:pl-0">{place}</Td>
        <Td className="align-top font-medium sm:border-b-0">{attempt.provider_name}</Td>
        <Td className="align-top sm:border-b-0">
          <StatusWord tone={TONES[attempt.outcome]}>{t(`requests.outcome.${attempt.outcome}`)}</StatusWord>
        </Td>
        {times.map(([name, ms]) => (
          <Td key={name} className="tabular whitespace-nowrap align-top sm:border-b-0 sm:text-right">
            <span className="text-muted sm:hidden">{name} </span>
            {ms === null ? "–" : format.duration(ms)}
          </Td>
        ))}
      </tr>
      <tr>
        <Td colSpan={6} className="own-line w-full sm:pt-0 sm:pr-0 sm:pb-2.5 sm:pl-0">
          {stretch && <TimeBar attempt={attempt} stretch={stretch} />}
          {attempt.outcome !== "served" && <Failure attempt={attempt} />}
        </Td>
      </tr>
    </>
  );
}
