import { CircleCheckBig, LoaderCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { CreatedKey } from "@/api/access";
import { Button } from "@/components/Button";
import { CodeBlock } from "@/components/CodeBlock";
import { RelativeTime } from "@/components/RelativeTime";
import { ShownOnce } from "@/components/ShownOnce";
import { Tabs } from "@/components/Tabs";
import { useFirstUse } from "@/hooks/useApiKeys";
import { keySnippets, modelOf } from "./keySnippets";

interface KeyCreatedProps {
  created: CreatedKey;
  baseUrl: string;
  /** A model to show when the key may use all. */
  example: string;
  onClose: () => void;
}

/** The new key, this once; how to use it, and a tick when it was used. */
export function KeyCreated({ created, baseUrl, example, onClose }: KeyCreatedProps) {
  const { t } = useTranslation();
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <ShownOnce label={t("keys.key")} value={created.key} hint={t("keys.once")} />
      <div>
        <p className="font-medium text-sm">{t("keys.use_it")}</p>
        <Tabs
          label={t("keys.use_it")}
          tabs={keySnippets(baseUrl, modelOf(created, example), created.key).map(({ id, label, code }) => {
            const name = id === "other" ? t("keys.other_programs") : label;
            return { value: id, label: name, content: <CodeBlock code={code} label={name} /> };
          })}
        />
      </div>
      <FirstUse id={created.id} />
      <div className="flex justify-end">
        <Button look="primary" onClick={onClose}>
          {t("keys.stored")}
        </Button>
      </div>
    </div>
  );
}

function FirstUse({ id }: { id: string }) {
  const { t } = useTranslation();
  const { data } = useFirstUse(id);
  const at = data?.last_used_at;
  return (
    <p role="status" data-testid="first-use" className="flex items-center gap-2 text-sm">
      {at ? (
        <span className="flex items-center gap-2 text-good">
          <CircleCheckBig size={16} aria-hidden />
          <span>
            {t("keys.first_used")} <RelativeTime at={at} />
          </span>
        </span>
      ) : (
        <span className="flex items-center gap-2 text-muted">
          <LoaderCircle size={16} aria-hidden className="animate-spin" />
          {t("keys.waiting")}
        </span>
      )}
    </p>
  );
}
