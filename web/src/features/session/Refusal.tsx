import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { useFormat } from "@/i18n/format";

const HOUR = 3_600;

/** Why one was not let in, and for how long there is nothing to do but wait. */
export function Refusal({ error, wait }: { error: unknown; wait: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (!error) return null;
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
