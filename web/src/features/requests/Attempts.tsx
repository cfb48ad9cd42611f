import { useTranslation } from "react-i18next";
import type { RequestDetail } from "@/api/types";
import { Table, Th } from "@/components/Table";
import { useFormat } from "@/i18n/format";
import { AttemptRow } from "./AttemptRow";
import { stretches } from "./waterfall";

/** The accounts that were tried, in their order, along the time of the request: a waterfall that is a table. */
export function Attempts({ request }: { request: RequestDetail }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { attempts } = request;
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
      <Table label={t("requests.attempts")}>
        <thead>
          <tr>
            <Th className="sm:pl-0">#</Th>
            <Th>{t("requests.account")}</Th>
            <Th>{t("requests.outcome_column")}</Th>
            <Th className="text-right">{t("requests.wait")}</Th>
            <Th className="text-right">{t("requests.streaming")}</Th>
            <Th className="text-right sm:pr-0">{t("requests.duration")}</Th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its place in the order
            <AttemptRow key={index} attempt={attempt} place={index + 1} stretch={bars[index]} />
          ))}
        </tbody>
      </Table>
    </div>
  );
}
