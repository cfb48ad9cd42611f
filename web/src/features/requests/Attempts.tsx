import { useTranslation } from "react-i18next";
import type { Attempt, RequestDetail } from "@/api/types";
import { cx } from "@/components/cx";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { Table, Td, Th } from "@/components/Table";
import { useFormat } from "@/i18n/format";
import { type Stretch, stretches } from "./waterfall";

const TONES: Record<Attempt["outcome"], Tone> = { served: "good", failed: "bad", cancelled: "idle" };
const BARS: Record<Attempt["outcome"], string> = {
  served: "bg-good",
  failed: "bg-bad",
  cancelled: "bg-idle",
};

interface AttemptRowProps {
  attempt: Attempt;
  place: number;
  stretch: Stretch | undefined;
}

function AttemptRow({ attempt, place, stretch }: AttemptRowProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const cause =
    attempt.outcome === "served"
      ? []
      : [attempt.cause, attempt.error_code, attempt.http_status].filter((it) => it != null);
  return (
    <tr>
      <Td className="tabular text-muted">{place}</Td>
      <Td>{attempt.provider_name}</Td>
      <Td>
        <StatusWord tone={TONES[attempt.outcome]}>{t(`requests.outcome.${attempt.outcome}`)}</StatusWord>
      </Td>
      <Td className="[overflow-wrap:anywhere]">
        <span className="font-mono text-xs">{[...new Set(cause)].join(" · ") || "–"}</span>
        {attempt.fault && (
          <span className="block text-muted text-xs">{t(`requests.fault.${attempt.fault}`)}</span>
        )}
      </Td>
      <Td className="tabular whitespace-nowrap text-right">{format.duration(attempt.duration_ms)}</Td>
      <Td className="own-line min-w-28">
        {stretch && (
          <div aria-hidden className="h-1.5 rounded-sm bg-hover">
            <div
              className={cx("h-full rounded-sm", BARS[attempt.outcome])}
              style={{ marginLeft: `${stretch.start}%`, width: `${stretch.width}%` }}
            />
          </div>
        )}
      </Td>
    </tr>
  );
}

/** The accounts that were tried, in their order, along the time of the request. */
export function Attempts({ request }: { request: RequestDetail }) {
  const { t } = useTranslation();
  const { attempts } = request;
  if (attempts.length === 0) return <p className="text-muted text-sm">{t("requests.no_attempts")}</p>;
  const bars = stretches(request, attempts);
  return (
    <section>
      <h3 className="mb-1 font-semibold">{t("requests.attempts")}</h3>
      <Table label={t("requests.attempts")}>
        <thead>
          <tr>
            <Th>#</Th>
            <Th>{t("requests.account")}</Th>
            <Th>{t("requests.outcome_column")}</Th>
            <Th>{t("requests.reason")}</Th>
            <Th className="text-right">{t("requests.duration")}</Th>
            <Th>
              <span className="sr-only">{t("requests.timeline")}</span>
            </Th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its place in the order
            <AttemptRow key={index} attempt={attempt} place={index + 1} stretch={bars[index]} />
          ))}
        </tbody>
      </Table>
    </section>
  );
}
