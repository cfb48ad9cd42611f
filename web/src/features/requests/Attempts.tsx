import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Attempt, RequestDetail } from "@/api/types";
import { type Column, DataTable, NONE } from "@/components/DataTable";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { useFormat } from "@/i18n/format";
import { AttemptNotes } from "./AttemptNotes";
import { stretches } from "./waterfall";

const TONES: Record<Attempt["outcome"], Tone> = { served: "good", failed: "bad", cancelled: "idle" };

/** An attempt is its place in the order, from 1. */
interface Placed {
  place: number;
  attempt: Attempt;
}

/** The accounts that were tried, in their order, along the time of the request: a waterfall that is a table. */
export function Attempts({ request }: { request: RequestDetail }) {
  const { t, i18n } = useTranslation();
  const format = useFormat();
  const { attempts } = request;
  const placed = useMemo(
    () => attempts.map((attempt, index): Placed => ({ place: index + 1, attempt })),
    [attempts],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the words and formats are those of the language
  const columns = useMemo((): Column<Placed>[] => {
    const time = (id: string, header: string, ms: (attempt: Attempt) => number | null): Column<Placed> => ({
      id,
      header,
      align: "right",
      narrow: "named",
      className: "whitespace-nowrap",
      cell: ({ attempt }) => {
        const value = ms(attempt);
        return value === null ? NONE : format.duration(value);
      },
    });
    return [
      { id: "place", header: "#", className: "tabular text-muted", cell: ({ place }) => place },
      {
        id: "account",
        header: t("requests.account"),
        className: "font-medium",
        cell: ({ attempt }) => attempt.provider_name,
      },
      {
        id: "outcome",
        header: t("requests.outcome_column"),
        cell: ({ attempt: { outcome } }) => (
          <StatusWord tone={TONES[outcome]}>{t(`requests.outcome.${outcome}`)}</StatusWord>
        ),
      },
      time("wait", t("requests.wait"), ({ first_event_ms: first }) => first),
      time("streaming", t("requests.streaming"), ({ first_event_ms: first, duration_ms }) =>
        first === null ? null : Math.max(0, duration_ms - first),
      ),
      time("duration", t("requests.duration"), ({ duration_ms }) => duration_ms),
    ];
  }, [i18n.language]);
  if (attempts.length === 0) return <p className="text-muted text-sm">{t("requests.no_attempts")}</p>;
  const bars = stretches(request, attempts);
  return (
    <div>
      <p className="mb-1 flex flex-wrap gap-x-4 text-muted text-xs">
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="h-2.5 w-4 rounded-xs bg-good opacity-40" />
          {t("requests.wait")}
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="h-2.5 w-4 rounded-xs bg-good" />
          {t("requests.streaming")}
        </span>
        <span className="ml-auto">
          {t("requests.scale", { duration: format.duration(request.duration_ms) })}
        </span>
      </p>
      <div className="-mx-3">
        <DataTable
          label={t("requests.attempts")}
          columns={columns}
          rows={placed}
          rowId={({ place }) => String(place)}
          below={({ place, attempt }) => <AttemptNotes attempt={attempt} stretch={bars[place - 1]} />}
        />
      </div>
    </div>
  );
}
