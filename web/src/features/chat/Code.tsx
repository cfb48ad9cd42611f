import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { CopyButton } from "@/components/CopyButton";

// The grammars are large, and most answers have no code.
const Highlighted = lazy(() => import("./Highlighted"));

/** Longer code stays plain: colouring it anew with every word of an answer would stall the page. */
const MOST_COLOURED = 40_000;

/** A block of code in an answer, with its language and a copy button. */
export function Code({ text, language }: { text: string; language: string | null }) {
  const { t } = useTranslation();
  const coloured = language !== null && text.length <= MOST_COLOURED;
  return (
    <figure className="code">
      <figcaption>
        <span>{language ?? t("chat.code")}</span>
        <CopyButton text={text} what={t("chat.code")} />
      </figcaption>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>
        <code>
          {coloured ? (
            <Suspense fallback={text}>
              <Highlighted text={text} language={language} />
            </Suspense>
          ) : (
            text
          )}
        </code>
      </pre>
    </figure>
  );
}
