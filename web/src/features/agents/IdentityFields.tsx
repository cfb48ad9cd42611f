import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/Checkbox";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import type { AgentDraft } from "./agentDraft";

interface IdentityFieldsProps {
  draft: AgentDraft;
  set: (change: Partial<AgentDraft>) => void;
  isNew: boolean;
  /** What is wrong with its key. */
  errors: string[];
}

/** How the agent is called, and when it answers. */
export function IdentityFields({ draft, set, isNew, errors }: IdentityFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <Field label={t("agents.key")} hint={isNew && t("agents.key_hint")} errors={errors}>
        <Input
          value={draft.key}
          readOnly={!isNew}
          spellCheck={false}
          placeholder="reviewer"
          onChange={({ target }) => set({ key: target.value })}
        />
      </Field>
      <Field label={t("agents.display_name")} hint={t("common.optional")}>
        <Input value={draft.displayName} onChange={({ target }) => set({ displayName: target.value })} />
      </Field>
      <Checkbox
        label={t("agents.active")}
        hint={t("agents.active_hint")}
        checked={draft.active}
        onChange={({ target }) => set({ active: target.checked })}
      />
      <Checkbox
        label={t("agents.is_default")}
        hint={t("agents.is_default_hint")}
        checked={draft.isDefault}
        onChange={({ target }) => set({ isDefault: target.checked })}
      />
    </>
  );
}
