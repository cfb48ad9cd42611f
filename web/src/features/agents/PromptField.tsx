import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Textarea } from "@/components/inputs";
import type { AgentDraft } from "./agentDraft";

interface PromptFieldProps {
  draft: AgentDraft;
  set: (change: Partial<AgentDraft>) => void;
}

export function PromptField({ draft, set }: PromptFieldProps) {
  const { t } = useTranslation();
  return (
    <div className="sm:col-span-2">
      <Field label={t("agents.system_prompt")} hint={t("common.optional")}>
        <Textarea
          rows={7}
          value={draft.systemPrompt}
          onChange={({ target }) => set({ systemPrompt: target.value })}
        />
      </Field>
    </div>
  );
}
