import { useTranslation } from "react-i18next";
import { ApiError, ConnectionError } from "@/api/errors";
import { useReachable } from "@/hooks/useReachable";
import { useFormat } from "@/i18n/format";
import { ErrorNotice } from "../ErrorNotice";
import { Notice } from "../Notice";

const HOUR = 3_600;

/**
 * Why what a form sent was not taken. After too many attempts: for how long there is nothing to do but wait. Without
 * an answer: that what is written is still there, and when it can be sent again.
 */
export function Refusal({ error, wait }: { error: unknown; wait: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  const reachable = useReachable();
  if (!error) return null;
  if (error instanceof ConnectionError)
    return <Notice tone="warn">{t(reachable ? "form.answers_again" : "form.no_answer")}</Notice>;
  if (error instanceof ApiError && error.status === 429)
    return (
      <Notice tone="warn">
        {wait > 0
          ? t("sign_in.wait", { time: wait < HOUR ? format.duration(wait * 1000) : format.span(wait) })
          : t("sign_in.wait_over")}
      </Notice>
    );
  return <ErrorNotice error={error} />;
}
