import { useTranslation } from "react-i18next";
import type { PoolPreview, PoolStrategy } from "@/api/types";
import { Bar } from "@/components/charts/Bar";
import { Legend } from "@/components/charts/Legend";
import { Loaded } from "@/components/Loaded";
import { usePoolPreview } from "@/hooks/usePools";
import { useFormat } from "@/i18n/format";
import { useNoteWords } from "./useNoteWords";

function Outcome({ preview }: { preview: PoolPreview }) {
  const { t } = useTranslation();
  const format = useFormat();
  const say = useNoteWords();
  const max = Math.max(1, ...preview.by_account.flatMap(({ actual, simulated }) => [actual, simulated]));
  if (preview.requests === 0) return <p className="text-muted text-sm">{t("pools.preview.nothing")}</p>;
  return (
    <div className="flex flex-col gap-2" data-testid="preview">
      <p className="text-sm">
        <span className="font-medium">{t("pools.preview.moved", { count: preview.moved })}</span>{" "}
        <span className="text-muted">{t("pools.preview.of", { count: preview.requests })}</span>
        {preview.unserved > 0 && (
          <span className="text-bad"> {t("pools.preview.unserved", { count: preview.unserved })}</span>
        )}
      </p>
      <Legend
        items={[
          { key: "actual", label: t("pools.preview.actual"), colour: "idle" },
          { key: "simulated", label: t("pools.preview.simulated"), colour: "accent" },
        ]}
      />
      <table className="w-full text-sm">
        <thead className="sr-only">
          <tr>
            <th scope="col">{t("requests.account")}</th>
            <th scope="col">{t("pools.preview.actual")}</th>
            <th scope="col">{t("pools.preview.simulated")}</th>
          </tr>
        </thead>
        <tbody>
          {preview.by_account.map(({ provider_name: name, actual, simulated }) => (
            <tr key={name}>
              <th scope="row" className="max-w-32 truncate py-1 pr-2 text-left font-normal">
                {name}
              </th>
              <td className="tabular py-1 pr-2 text-right text-muted">{format.whole(actual)}</td>
              <td className="tabular py-1 pr-2 text-right font-medium">{format.whole(simulated)}</td>
              <td aria-hidden className="w-full min-w-16 py-1">
                <Bar
                  className="mb-0.5 h-1.5"
                  max={max}
                  parts={[{ key: "a", value: actual, colour: "idle" }]}
                />
                <Bar className="h-1.5" max={max} parts={[{ key: "s", value: simulated, colour: "accent" }]} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {preview.notes.length > 0 && (
        <ul className="text-muted text-xs">
          {preview.notes.map((note) => (
            <li key={note}>{say(note)}</li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** What would have become of the last requests under another strategy. */
export function StrategyPreview({ ownerId, strategy }: { ownerId: string; strategy: PoolStrategy }) {
  const { t } = useTranslation();
  const query = usePoolPreview(ownerId, strategy);
  return (
    <section aria-label={t("pools.preview.title")}>
      <h3 className="mb-1 font-semibold text-sm">{t("pools.preview.title")}</h3>
      <Loaded query={query} lines={5}>
        {(preview) => <Outcome preview={preview} />}
      </Loaded>
    </section>
  );
}
