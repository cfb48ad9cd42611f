import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import { useErrorWords } from "@/hooks/useErrorWords";
import { Button } from "./Button";
import { Emails } from "./Email";
import { Notice } from "./Notice";

interface ErrorNoticeProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** What went wrong, in the place where it went wrong, and a way to try again. */
export function ErrorNotice({ error, onRetry, className }: ErrorNoticeProps) {
  const { t } = useTranslation();
  const text = useErrorWords();
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <Notice tone="bad" className={className}>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <div>
          <p>
            <Emails text={text(error)} />
          </p>
          {requestId && <p className="font-mono text-xs">{t("errors.request_id", { id: requestId })}</p>}
        </div>
        {onRetry && (
          <Button size="sm" onClick={onRetry}>
            {t("common.retry")}
          </Button>
        )}
      </div>
    </Notice>
  );
}
