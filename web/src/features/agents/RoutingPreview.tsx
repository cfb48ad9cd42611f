import { useTranslation } from "react-i18next";
import { Notice } from "@/components/Notice";
import { useFormat } from "@/i18n/format";
import { outcomeOf, type PoolOf, type RoutingDraft } from "./routing";

interface RoutingPreviewProps {
  draft: RoutingDraft;
  pool: PoolOf | null;
  /** The provider is known, and `pool` tells whether it is a ChatGPT account. */
  known: boolean;
}

/** What the choice comes to, in one sentence. */
export function RoutingPreview({ draft, pool, known }: RoutingPreviewProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const words = () => {
    if (!known) return t("agents.preview.unknown");
    if (!pool) return t("agents.preview.not_chatgpt");
    const { strategy, accounts } = outcomeOf(draft, pool);
    const [first = "", ...rest] = accounts;
    if (rest.length === 0) return t("agents.preview.single", { first });
    if (strategy === "primary_first")
      return t("agents.preview.primary_first", { first, rest: format.either(rest) });
    return t(`agents.preview.${strategy}`, { list: format.list(accounts) });
  };
  return (
    <Notice tone="idle" className="mt-3">
      <span data-testid="routing-preview">{words()}</span>
    </Notice>
  );
}
