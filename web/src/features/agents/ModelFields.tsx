import { useTranslation } from "react-i18next";
import type { Model, Provider } from "@/api/types";
import { Field } from "@/components/Field";
import { Select } from "@/components/inputs";
import { withCurrent } from "@/components/withCurrent";
import { useModels } from "@/hooks/useModels";
import { useProviderModels } from "@/hooks/useProviders";
import type { AgentDraft } from "./agentDraft";
import { levelsOf, modelNames } from "./modelChoices";

interface ModelFieldsProps {
  draft: AgentDraft;
  set: (change: Partial<AgentDraft>) => void;
  providers: Provider[];
}

/** Provider, model and thinking level. The lists are live; what is set but no longer in them stays choosable. */
export function ModelFields({ draft, set, providers }: ModelFieldsProps) {
  const { t } = useTranslation();
  const provider = providers.find(({ name }) => name === draft.provider);
  const own = useProviderModels(provider?.id ?? null);
  const all = useModels();
  const names = modelNames(provider ? own.data : undefined, provider ? undefined : all.data);
  const failed = provider ? own.isError : all.isError;
  const known: Pick<Model, "id" | "thinking_levels">[] = (provider ? own.data : all.data) ?? [];
  const levels = levelsOf(known.find(({ id }) => id === draft.model));
  return (
    <>
      <Field label={t("agents.provider")}>
        <Select value={draft.provider} onChange={({ target }) => set({ provider: target.value })}>
          <option value="">{t("agents.default_provider")}</option>
          {withCurrent(
            providers.map(({ name }) => name),
            draft.provider,
          ).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("agents.model")} hint={failed ? t("agents.models_failed") : undefined}>
        <Select value={draft.model} onChange={({ target }) => set({ model: target.value })}>
          <option value="">{t("agents.default_model")}</option>
          {withCurrent(names, draft.model).map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("agents.thinking")}>
        <Select value={draft.thinkingLevel} onChange={({ target }) => set({ thinkingLevel: target.value })}>
          <option value="">{t("agents.default_thinking")}</option>
          {withCurrent(levels, draft.thinkingLevel).map((level) => (
            // The value as agents' settings have it, in every language.
            <option key={level} value={level} translate="no">
              {level}
            </option>
          ))}
        </Select>
      </Field>
    </>
  );
}
