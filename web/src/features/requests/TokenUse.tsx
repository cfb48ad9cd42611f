import { useTranslation } from "react-i18next";
import type { Trace } from "@/api/types";
import { Bar } from "@/components/charts/Bar";
import type { ChartColour } from "@/components/charts/chart";
import { Legend } from "@/components/charts/Legend";
import { useFormat } from "@/i18n/format";

interface Part {
  key: string;
  value: number;
  label: string;
  colour: ChartColour;
}

/** Tokens by kind, each as a bar with its parts. What is not known is said, never shown as nothing. */
export function TokenUse({ usage }: Pick<Trace, "usage">) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!usage) return <p className="text-muted text-sm">{t("requests.no_usage")}</p>;
  const { input_tokens: input, cached_input_tokens: cached, output_tokens: output } = usage;
  const reasoning = usage.reasoning_tokens;
  const of = (part: number, whole: number) => (whole > 0 ? format.percent(part / whole) : "–");
  const kinds: { key: string; label: string; total: number; parts: Part[] }[] = [
    {
      key: "input",
      label: t("requests.input_tokens"),
      total: input,
      parts: [
        { key: "cached", value: cached, label: t("requests.cached_tokens"), colour: "series-1" },
        { key: "fresh", value: input - cached, label: t("requests.fresh_tokens"), colour: "series-3" },
      ],
    },
    {
      key: "output",
      label: t("requests.output_tokens"),
      total: output,
      parts: [
        { key: "reasoning", value: reasoning, label: t("requests.reasoning_tokens"), colour: "series-4" },
        { key: "said", value: output - reasoning, label: t("requests.said_tokens"), colour: "series-2" },
      ],
    },
  ];
  return (
    <div className="grid gap-4 text-sm sm:grid-cols-2">
      {kinds.map(({ key, label, total, parts }) => (
        <div key={key}>
          <div className="flex items-baseline justify-between gap-2">
            <p>{label}</p>
            <p className="tabular font-medium">{format.whole(total)}</p>
          </div>
          <Bar parts={parts} max={total} className="my-1.5 h-2" />
          <Legend
            items={parts.map((part) => ({
              ...part,
              label: `${part.label}: ${format.whole(part.value)} (${of(part.value, total)})`,
            }))}
          />
        </div>
      ))}
    </div>
  );
}
