import { useTranslation } from "react-i18next";
import { Emails } from "@/components/Email";
import { type Change, difference } from "./difference";

/** What a change made different, a line a value: its place, how it was, how it is. */
export function Differences({ before, after }: { before: unknown; after: unknown }) {
  const { t } = useTranslation();
  const changes = difference(before, after);
  if (changes.length === 0) return <p className="text-muted text-sm">{t("activity.no_difference")}</p>;
  return (
    <dl className="flex flex-col gap-1.5 text-xs">
      {changes.map((change) => (
        <div key={change.path} className="grid gap-x-4 sm:grid-cols-[minmax(8rem,14rem)_minmax(0,1fr)]">
          <dt className="font-mono text-muted [overflow-wrap:anywhere]">
            <Emails text={change.path || t("activity.value")} />
          </dt>
          <dd className="font-mono [overflow-wrap:anywhere]">
            <Values change={change} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Values({ change: { before, after } }: { change: Change }) {
  const { t } = useTranslation();
  return (
    <>
      {before !== undefined && (
        <del className="rounded-sm bg-bad-soft px-1 text-bad no-underline">
          <span className="sr-only">{t("activity.before")} </span>
          <span aria-hidden>− </span>
          <Emails text={before} />
        </del>
      )}{" "}
      {after !== undefined && (
        <ins className="rounded-sm bg-good-soft px-1 text-good no-underline">
          <span className="sr-only">{t("activity.after")} </span>
          <span aria-hidden>+ </span>
          <Emails text={after} />
        </ins>
      )}
    </>
  );
}
