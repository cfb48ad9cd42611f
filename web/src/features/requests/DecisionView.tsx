import { useTranslation } from "react-i18next";
import type { Decision, Exclusion } from "@/api/types";
import { Countdown } from "@/components/Countdown";
import { Facts } from "@/components/Facts";
import { useNow } from "@/hooks/useNow";
import { useFormat } from "@/i18n/format";
import { STRATEGIES } from "@/routes/search";
import { useReason } from "./useReason";
import { useWhy } from "./useWhy";

function Excluded({ excluded }: { excluded: Exclusion }) {
  const { t } = useTranslation();
  const format = useFormat();
  const now = useNow();
  const reason = useReason();
  const { provider_name, until } = excluded;
  return (
    <li>
      <span className="font-medium">{provider_name}</span>: {reason(excluded)}
      {until && (
        <span className="text-muted">
          {" "}
          · {t("requests.decision.until", { time: format.moment(Date.parse(until)) })}
          {Date.parse(until) > now && (
            <>
              {" "}
              · {t("requests.decision.again_in")} <Countdown to={until} />
            </>
          )}
        </span>
      )}
    </li>
  );
}

/** Why this account: what was weighed, in which order they were tried, and why the others were left out. */
export function DecisionView({ decision }: { decision: Decision | null | undefined }) {
  const { t } = useTranslation();
  const say = useWhy();
  if (!decision) return <p className="text-muted text-sm">{t("requests.decision.none")}</p>;
  const { home, attempts, last_resort: last, excluded, candidates } = decision;
  const why = say(decision);
  const strategy = STRATEGIES.find((it) => it === decision.strategy);
  return (
    <div className="flex flex-col gap-2 text-sm" data-testid="decision">
      {why && (
        <p>
          {attempts[0] !== undefined && <span className="font-medium">{attempts[0]}: </span>}
          {why}
        </p>
      )}
      <Facts
        facts={[
          [t("pools.strategy_label"), strategy && t(`pools.strategy.${strategy}.name`)],
          [t("requests.decision.candidates"), candidates],
          [t("requests.decision.order"), attempts.join(" → ")],
          [t("requests.decision.last_resort"), last.join(" → ")],
          [t("requests.decision.home"), home],
        ]}
      />
      <div>
        <p className="text-muted">{t("requests.decision.left_out")}</p>
        {excluded.length === 0 ? (
          <p>{t("requests.decision.nobody_left_out")}</p>
        ) : (
          <ul className="list-disc pl-5">
            {excluded.map((it) => (
              <Excluded key={`${it.provider_name}/${it.reason}`} excluded={it} />
            ))}
          </ul>
        )}
      </div>
    </div>
  );
}
