import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Agent, Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Input, Textarea } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { SLUG } from "@/components/slug";
import { useSaveAgent } from "@/hooks/useAgents";
import { useDenied } from "@/hooks/useMay";
import { agentDraftOf, toAgentInput, validMaxTokens } from "./agentDraft";
import { ModelFields } from "./ModelFields";

interface AgentFormProps {
  agent: Agent | null;
  providers: Provider[];
  taken: string[];
  onClose: () => void;
}

export function AgentForm({ agent, providers, taken, onClose }: AgentFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => agentDraftOf(agent));
  const save = useSaveAgent(agent?.agent_key ?? null);
  const denied = useDenied("manage_agents");
  const fixed = agent?.managed_by === "file" ? t("agents.read_only") : denied;
  const readOnly = fixed !== undefined;
  const keyTaken = agent === null && taken.includes(draft.key.trim());
  const tokensValid = validMaxTokens(draft.maxTokens);
  const complete = (agent !== null || (SLUG.test(draft.key.trim()) && !keyTaken)) && tokensValid;
  const set = (change: Partial<typeof draft>) => setDraft({ ...draft, ...change });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !readOnly && !save.isPending)
      save.mutate(toAgentInput(draft, agent), { onSuccess: onClose });
  };
  return (
    <form onSubmit={submit}>
      <fieldset disabled={readOnly} className="grid gap-4 sm:grid-cols-2">
        {readOnly && (
          <Notice tone="idle" className="sm:col-span-2">
            {fixed}
          </Notice>
        )}
        <Field
          label={t("agents.key")}
          hint={keyTaken ? t("errors.name_taken") : agent === null && t("agents.key_hint")}
        >
          <Input
            value={draft.key}
            readOnly={agent !== null}
            aria-invalid={keyTaken}
            spellCheck={false}
            placeholder="reviewer"
            onChange={({ target }) => set({ key: target.value })}
          />
        </Field>
        <Field label={t("agents.display_name")} hint={t("common.optional")}>
          <Input value={draft.displayName} onChange={({ target }) => set({ displayName: target.value })} />
        </Field>
        <ModelFields draft={draft} set={set} providers={providers} />
        <Field
          label={t("agents.max_tokens")}
          hint={tokensValid ? t("common.optional") : t("agents.max_tokens_invalid")}
        >
          <Input
            inputMode="numeric"
            value={draft.maxTokens}
            aria-invalid={!tokensValid}
            onChange={({ target }) => set({ maxTokens: target.value })}
          />
        </Field>
        <div className="sm:col-span-2">
          <Field label={t("agents.system_prompt")} hint={t("common.optional")}>
            <Textarea
              rows={7}
              value={draft.systemPrompt}
              onChange={({ target }) => set({ systemPrompt: target.value })}
            />
          </Field>
        </div>
      </fieldset>
      {save.isError && <ErrorNotice error={save.error} className="mt-4" />}
      <div className="mt-4 flex justify-end gap-2">
        <Button onClick={onClose}>{t(readOnly ? "common.close" : "common.cancel")}</Button>
        {!readOnly && (
          <Button type="submit" look="primary" busy={save.isPending} disabled={!complete}>
            {t("common.save")}
          </Button>
        )}
      </div>
    </form>
  );
}
