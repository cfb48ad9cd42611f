import { ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ActivityEntry } from "@/api/access";
import { cx } from "@/components/cx";
import { RelativeTime } from "@/components/RelativeTime";
import { Td } from "@/components/Table";
import { Differences } from "./Differences";

/** One change; opened, what was different before and after it. */
export function EntryRow({ entry }: { entry: ActivityEntry }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const id = useId();
  const { actor, action, object, seq } = entry;
  return (
    <>
      <tr data-entry={seq} className="hover:bg-hover">
        <Td>
          <button
            type="button"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            aria-label={t("activity.details_of", { seq })}
            onClick={() => setOpen(!open)}
            className="flex items-center gap-1.5 rounded-sm"
          >
            <ChevronRight
              size={14}
              aria-hidden
              className={cx("shrink-0 text-muted transition-transform", open && "rotate-90")}
            />
            <RelativeTime at={entry.at} />
          </button>
        </Td>
        <Td>
          <span className="[overflow-wrap:anywhere]">{actor.name}</span>
          {actor.address && <span className="block font-mono text-muted text-xs">{actor.address}</span>}
        </Td>
        <Td className="whitespace-nowrap font-mono text-xs">{action}</Td>
        <Td className="[overflow-wrap:anywhere]">
          <span className="text-muted">{object.type}</span> {object.name ?? object.id}
        </Td>
      </tr>
      {open && (
        <tr id={id}>
          <Td colSpan={4} className="own-line bg-sunken">
            <div className="flex flex-col gap-3 py-2 max-sm:px-2">
              <Differences before={entry.before} after={entry.after} />
              <p className="flex flex-wrap gap-x-4 text-muted text-xs">
                <span className="tabular">{t("activity.number", { seq })}</span>
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
          </Td>
        </tr>
      )}
    </>
  );
}
