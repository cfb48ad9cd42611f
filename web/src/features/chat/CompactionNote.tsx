import { useTranslation } from "react-i18next";
import type { Compaction } from "@/api/loop";

/** From here on the model knows a summary of what was said before. */
export function CompactionNote({ compaction }: { compaction: Compaction }) {
  const { t } = useTranslation();
  return (
    <details className="border-line border-y py-1.5 text-muted text-sm" data-testid="compaction">
      <summary>{t("chat.compacted")}</summary>
      <p className="whitespace-pre-wrap py-1.5 [overflow-wrap:anywhere]">{compaction.summary}</p>
    </details>
  );
}
