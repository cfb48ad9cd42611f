import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { CodeBlock } from "@/components/CodeBlock";
import { Rich } from "@/components/Rich";
import { Tabs } from "@/components/Tabs";
import { snippets } from "./snippetText";

export function Snippets({ baseUrl, model }: { baseUrl: string; model: string }) {
  const { t } = useTranslation();
  return (
    <Card title={t("snippets.title")}>
      <div className="px-3.5 pt-2 pb-3.5">
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
    </Card>
  );
}
