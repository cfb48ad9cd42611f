import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { copyText } from "@/hooks/copyText";
import { Button } from "./Button";

const SHOWN_MS = 2_000;

interface CopyButtonProps {
  text: string;
  /** Names it for screen readers. */
  what: string;
  /** In place of "Copy". */
  label?: string;
}

/** Copies `text`. */
export function CopyButton({ text, what, label }: CopyButtonProps) {
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
        {result ? t(`common.${result}`) : (label ?? t("common.copy"))}
      </Button>
      <span role="status" className="sr-only">
        {result && t(`common.${result}`)}
      </span>
    </>
  );
}
