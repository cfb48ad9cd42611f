import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "@/hooks/copyText";
import { Button } from "./Button";

const SHOWN_MS = 2_000;

/** Copies `text`. `what` names it for screen readers. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const { t } = useTranslation();
  const [result, setResult] = useState<"copied" | "failed" | null>(null);
  useEffect(() => {
    if (!result) return;
    const timer = setTimeout(() => setResult(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [result]);
  return (
    <>
      <Button
        size="sm"
        aria-label={t("common.copy_what", { what })}
        onClick={async (event) =>
          setResult((await copyText(text, event.currentTarget)) ? "copied" : "failed")
        }
      >
        {result === "copied" ? <Check size={14} aria-hidden /> : <Copy size={14} aria-hidden />}
        {result ? t(`common.${result}`) : t("common.copy")}
      </Button>
      <span role="status" className="sr-only">
        {result && t(`common.${result}`)}
      </span>
    </>
  );
}
