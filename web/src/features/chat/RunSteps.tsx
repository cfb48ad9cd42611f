import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Loaded } from "@/components/Loaded";
import { useRunEvents } from "@/hooks/useRunEvents";
import { useFormat } from "@/i18n/format";
import { applyRunEvent } from "./applyRunEvent";
import { type ModelCall, newTurn } from "./transcript";

function Steps({ calls }: { calls: ModelCall[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (calls.length === 0) return <p className="py-1">{t("chat.no_steps")}</p>;
  return (
    <ol className="tabular flex flex-col gap-1 py-1">
      {calls.map((call, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step may be there twice, when it was tried again
        <li key={index}>
          {t("chat.step", {
            number: index + 1,
            account: call.provider ?? "–",
            input: format.count(call.usage.input_tokens),
            cached: format.count(call.usage.cached_tokens),
            output: format.count(call.usage.output_tokens),
          })}{" "}
          {call.requestId !== null && (
            <Link
              to="/requests"
              search={{ request: call.requestId }}
              className="text-accent underline underline-offset-2"
            >
              {t("chat.why")}
            </Link>
          )}
        </li>
      ))}
    </ol>
  );
}

interface RunStepsProps {
  run: string;
  /** What this page saw of them; else the run's own log tells. */
  calls: ModelCall[] | null;
}

/** Each time that the agent asked its model in a run: which account served it, what it took, and why that account. */
export function RunSteps({ run, calls }: RunStepsProps) {
  const events = useRunEvents(calls === null ? run : null);
  if (calls !== null) return <Steps calls={calls} />;
  return (
    <Loaded query={events} lines={1}>
      {(all) => <Steps calls={all.reduce(applyRunEvent, newTurn(run, null)).calls ?? []} />}
    </Loaded>
  );
}
