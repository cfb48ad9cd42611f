import { useTranslation } from "react-i18next";
import type { Trace } from "@/api/types";
import { useFormat } from "@/i18n/format";

/** Tokens in and out. What is not known is a dash, never a zero. */
export function TraceTokens({ trace }: { trace: Trace }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { usage } = trace;
  if (!usage) return <span className="text-muted">–</span>;
  const detail = t("requests.tokens_detail", {
    cached: format.whole(usage.cached_input_tokens),
    reasoning: format.whole(usage.reasoning_tokens),
  });
  return (
    <span title={detail}>
      {t("requests.tokens_in_out", {
        input: format.count(usage.input_tokens),
        output: format.count(usage.output_tokens),
      })}
    </span>
  );
}
