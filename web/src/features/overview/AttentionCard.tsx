import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Attention } from "@/api/types";
import { Card } from "@/components/Card";
import { Countdown } from "@/components/Countdown";
import { RelativeTime } from "@/components/RelativeTime";
import { StatusWord } from "@/components/StatusWord";
import { AttentionAction } from "./AttentionAction";

const SHOWN = 6;

/** The state of it: until when, or since when. */
function When({ item }: { item: Attention }) {
  const { t } = useTranslation();
  const ends = item.kind === "running_out" ? "overview.attention.empty_in" : "overview.attention.again_in";
  if (item.at)
    return (
      <>
        {t(ends)} <Countdown to={item.at} />
      </>
    );
  return item.since ? (
    <>
      {t("overview.attention.since")} <RelativeTime at={item.since} />
    </>
  ) : null;
}

/** What waits for a person, the most urgent first, each with the one thing to do. */
export function AttentionCard({ items }: { items: Attention[] }) {
  const { t } = useTranslation();
  return (
    <Card
      title={t("overview.attention.title")}
      className="min-h-52"
      actions={items.length > 0 && <span className="tabular text-muted text-sm">{items.length}</span>}
    >
      {items.length === 0 ? (
        <div className="flex gap-2.5 px-3.5 py-4">
          <CircleCheck size={18} aria-hidden className="mt-0.5 shrink-0 text-good" />
          <div>
            <p className="font-medium">{t("overview.attention.none")}</p>
            <p className="text-muted text-sm">{t("overview.attention.none_lead")}</p>
          </div>
        </div>
      ) : (
        <ul className="max-h-80 divide-y divide-line overflow-y-auto">
          {items.slice(0, SHOWN).map((item) => (
            <li
              key={`${item.kind}/${item.provider_name ?? item.name ?? ""}`}
              data-attention={item.kind}
              className="flex items-center justify-between gap-3 px-3.5 py-2"
            >
              <div className="min-w-0 text-sm">
                <p className="[overflow-wrap:anywhere]">
                  <StatusWord tone={item.severity === "now" ? "bad" : "warn"}>
                    {t(`overview.attention.severity.${item.severity}`)}
                  </StatusWord>{" "}
                  <span className="font-medium">
                    {t(`overview.attention.kind.${item.kind}`, {
                      name: item.provider_name ?? item.name ?? "",
                      count: item.count ?? 0,
                    })}
                  </span>
                </p>
                <p className="text-muted text-xs">
                  <When item={item} />
                </p>
              </div>
              <AttentionAction item={item} />
            </li>
          ))}
          {items.length > SHOWN && (
            <li className="px-3.5 py-2 text-muted text-xs">
              {t("overview.attention.more", { count: items.length - SHOWN })}
            </li>
          )}
        </ul>
      )}
    </Card>
  );
}
