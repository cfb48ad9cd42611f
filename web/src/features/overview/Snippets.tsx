import { ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CodeBlock } from "@/components/CodeBlock";
import { Rich } from "@/components/Rich";
import { Tabs } from "@/components/Tabs";
import { snippets } from "./snippetText";

interface SnippetsProps {
  baseUrl: string;
  model: string;
  /** Until a program has used the gateway, they are what one looks for. */
  open: boolean;
}

/** How programs use the gateway, folded once they do. */
export function Snippets({ baseUrl, model, open }: SnippetsProps) {
  const { t } = useTranslation();
  return (
    <details open={open} className="group rounded-lg border border-line bg-surface">
      <summary className="flex min-h-10 list-none items-center gap-2 px-3.5 py-1.5 font-semibold">
        <ChevronRight size={15} aria-hidden className="transition-transform group-open:rotate-90" />
        <h2>{t("snippets.title")}</h2>
      </summary>
      <div className="border-line border-t px-3.5 pt-2 pb-3.5">
        <p className="pb-1 text-muted text-sm">
          <Rich text={t("snippets.lead", { url: baseUrl })} />
        </p>
        <Tabs
          label={t("snippets.title")}
          tabs={snippets(baseUrl, model).map(({ id, label, code }) => ({
            value: id,
            label,
            content: <CodeBlock code={code} label={label} />,
          }))}
        />
      </div>
    </details>
  );
}
