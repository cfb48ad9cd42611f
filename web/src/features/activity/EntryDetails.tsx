import { useTranslation } from "react-i18next";
import type { ActivityEntry } from "@/api/access";
import { Differences } from "./Differences";

/** What was different before and after a change, and what stands for it in the log. */
export function EntryDetails({ entry }: { entry: ActivityEntry }) {
  const { t } = useTranslation();
  return (
    <div className="flex flex-col gap-3 py-1">
      <Differences before={entry.before} after={entry.after} />
      <p className="flex flex-wrap gap-x-4 text-muted text-xs">
        <span className="tabular">{t("activity.number", { seq: entry.seq })}</span>
        <span className="font-mono [overflow-wrap:anywhere]" title={t("activity.hash")}>
          {entry.hash}
        </span>
        {entry.request_id && (
          <span className="font-mono [overflow-wrap:anywhere]">
            {t("errors.request_id", { id: entry.request_id })}
          </span>
        )}
      </p>
    </div>
  );
}
