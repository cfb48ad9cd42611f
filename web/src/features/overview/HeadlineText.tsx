import { CircleAlert, CircleCheck, CircleDashed, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Capacity, Overview } from "@/api/types";
import { cx } from "@/components/cx";
import type { Tone } from "@/components/StatusWord";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { headlineOf } from "./headline";

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: CircleAlert, idle: CircleDashed } as const;
const COLOURS: Record<Tone, string> = {
  good: "text-good",
  warn: "text-warn",
  bad: "text-bad",
  idle: "text-muted",
};

interface HeadlineTextProps {
  overview: Overview;
  capacity: Capacity | undefined;
}

/** The page in one sentence. */
export function HeadlineText({ overview, capacity }: HeadlineTextProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const { code, tone, ready, total, waiting, window } = headlineOf(overview, capacity);
  const Icon = ICONS[tone];
  const end = window?.forecast.runs_out_at;
  return (
    <p data-headline={code} role="status" className="flex items-start gap-2.5 text-lg">
      <Icon size={20} aria-hidden className={cx("mt-0.5 shrink-0", COLOURS[tone])} />
      <span className="font-medium tracking-tight">
        {t(`overview.headline.${code}`, {
          ready,
          total,
          waiting,
          kind: window?.kind ?? "other",
          time: end ? format.span((Date.parse(end) - now) / 1000) : "",
          known: end ? "yes" : "no",
        })}
      </span>
    </p>
  );
}
