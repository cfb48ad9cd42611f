import { useTranslation } from "react-i18next";
import type { Attempt } from "@/api/types";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { Table, Td, Th } from "@/components/Table";
import { useFormat } from "@/i18n/format";

const TONES: Record<Attempt["outcome"], Tone> = { served: "good", failed: "bad", cancelled: "idle" };

/** The accounts that were tried, in their order. */
export function Attempts({ attempts }: { attempts: Attempt[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (attempts.length === 0) return <p className="text-muted text-sm">{t("requests.no_attempts")}</p>;
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
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an attempt is its place in the order
            <tr key={index}>
              <Td className="tabular text-muted">{index + 1}</Td>
              <Td>{attempt.provider_name}</Td>
              <Td>
                <StatusWord tone={TONES[attempt.outcome]}>
                  {t(`requests.outcome.${attempt.outcome}`)}
                </StatusWord>
              </Td>
              <Td className="font-mono text-xs">{attempt.error_code ?? "–"}</Td>
              <Td className="tabular text-right">{format.duration(attempt.duration_ms)}</Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </section>
  );
}
