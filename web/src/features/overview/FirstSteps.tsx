import { Link } from "@tanstack/react-router";
import { CircleCheckBig } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Checklist } from "@/api/types";
import { Card } from "@/components/Card";
import { cx } from "@/components/cx";
import { STEPS } from "./steps";

/** The way from an empty gateway to the first answer. Each step ticks itself; when all are done, it is gone. */
export function FirstSteps({ checklist }: { checklist: Checklist }) {
  const { t } = useTranslation();
  const done = STEPS.filter(({ id }) => checklist[id]).length;
  if (done === STEPS.length) return null;
  const next = STEPS.find(({ id }) => !checklist[id])?.id;
  return (
    <Card
      title={t("steps.title")}
      actions={
        <span className="tabular text-muted text-sm">
          {t("steps.progress", { done, total: STEPS.length })}
        </span>
      }
    >
      <ol className="grid sm:grid-cols-2 lg:grid-cols-4">
        {STEPS.map(({ id, link }, index) => (
          <li key={id} className={cx("flex gap-3 px-3.5 py-2.5", id === next && "bg-accent-soft")}>
            <StepMark number={index + 1} done={checklist[id]} />
            <div className="min-w-0 text-sm">
              <p className={cx("font-medium", checklist[id] && "text-muted")}>{t(`steps.${id}.title`)}</p>
              {!checklist[id] && (
                <p className="text-muted text-xs">
                  {t(`steps.${id}.lead`)}{" "}
                  {id === next && (
                    <Link {...link} className="font-medium text-accent underline underline-offset-2">
                      {t(`steps.${id}.action`)}
                    </Link>
                  )}
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function StepMark({ number, done }: { number: number; done: boolean }) {
  const { t } = useTranslation();
  return done ? (
    <span className="mt-px shrink-0 text-good">
      <CircleCheckBig size={18} aria-hidden />
      <span className="sr-only">{t("steps.done")}</span>
    </span>
  ) : (
    <span
      aria-hidden
      className="tabular mt-px grid size-4.5 shrink-0 place-items-center rounded-full border border-edge text-muted text-xs"
    >
      {number}
    </span>
  );
}
