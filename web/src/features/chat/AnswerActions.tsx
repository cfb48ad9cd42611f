import { RotateCcw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { CopyButton } from "@/components/CopyButton";

interface AnswerActionsProps {
  answer: string;
  onRetry?: (() => void) | undefined;
}

/** What can be done with an answer that is there. */
export function AnswerActions({ answer, onRetry }: AnswerActionsProps) {
  const { t } = useTranslation();
  return (
    <div className="flex gap-1">
      {onRetry && (
        <Button size="sm" look="quiet" onClick={onRetry}>
          <RotateCcw size={13} aria-hidden />
          {t("chat.again")}
        </Button>
      )}
      {answer && <CopyButton text={answer} what={t("chat.answer")} />}
    </div>
  );
}
