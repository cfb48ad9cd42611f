import { useTranslation } from "react-i18next";
import type { PoolProviderCounts } from "@/api/types";
import { Countdown } from "@/components/Countdown";
import { RelativeTime } from "@/components/RelativeTime";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { useFault } from "../errors/useFault";
import { splitError } from "./lastError";

/** What went wrong last, in plain words; as it came where there are none. */
function LastError({ text }: { text: string }) {
  const { code } = splitError(text);
  const words = useFault()({ code });
  return (
    <dd className="line-clamp-3 [overflow-wrap:anywhere]" title={words ? `${words.help} (${text})` : text}>
      {words?.title ?? text}
    </dd>
  );
}

/** What went through an account lately, and what is wrong with it. */
export function AccountNumbers({ counts }: { counts: PoolProviderCounts }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const { cooldown_until: until, consecutive_failures: streak } = counts;
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] content-start gap-x-3 gap-y-0.5 text-xs [&>dt]:text-muted">
      <dt>{t("pools.served_direct")}</dt>
      <dd className="tabular">{format.whole(counts.direct_selection_count)}</dd>
      <dt>{t("pools.served_failover")}</dt>
      <dd className="tabular">{format.whole(counts.failover_serve_count)}</dd>
      <dt>{t("pools.streak")}</dt>
      <dd className={streak > 0 ? "text-bad" : undefined}>{t("pools.streak_of", { count: streak })}</dd>
      <dt>{t("pools.last_used")}</dt>
      <dd>{counts.last_used_at ? <RelativeTime at={counts.last_used_at} /> : t("pools.never")}</dd>
      {until && Date.parse(until) > now && (
        <>
          <dt>{t("pools.cools_down")}</dt>
          <dd className="text-warn">
            <Countdown to={until} />
          </dd>
        </>
      )}
      {counts.last_error && (
        <>
          <dt>{t("pools.last_error")}</dt>
          <LastError text={counts.last_error} />
        </>
      )}
    </dl>
  );
}
