import { lazy, Suspense, useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "@/components/cx";

// The renderer is the largest part of this page, and is not needed before the first answer.
const Markdown = lazy(() => import("./Markdown"));

/** A piece of an answer. What the model says on the way to it (`aside`) is lighter. */
export function AnswerText({ text, aside = false }: { text: string; aside?: boolean }) {
  const { t } = useTranslation();
  const shown = useDeferredValue(text);
  return (
    <>
      {aside && <p className="sr-only">{t("chat.commentary")}</p>}
      <div className={cx("prose", aside && "aside")} data-testid={aside ? "commentary" : "answer"}>
        <Suspense fallback={<p className="whitespace-pre-wrap">{shown}</p>}>
          <Markdown text={shown} />
        </Suspense>
      </div>
    </>
  );
}
