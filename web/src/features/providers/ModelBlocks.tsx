import { useTranslation } from "react-i18next";
import type { ModelBlock } from "@/api/types";
import { useFaultTitle } from "@/features/errors/useFaultTitle";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";

/** The models that an account does not serve for now, and until when; others it may serve. */
export function ModelBlocks({ blocks }: { blocks: readonly ModelBlock[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const faultTitle = useFaultTitle();
  return blocks
    .filter(({ until }) => Date.parse(until) > now)
    .map(({ model, reason: code, until }) => (
      <p key={model} className="mt-0.5 text-warn text-xs [overflow-wrap:anywhere]">
        {t("providers.model_paused", { model })}{" "}
        <time dateTime={until} title={format.absoluteTime(Date.parse(until))}>
          {format.clock(Date.parse(until))}
        </time>{" "}
        · {faultTitle({ code }) ?? code}
      </p>
    ));
}
