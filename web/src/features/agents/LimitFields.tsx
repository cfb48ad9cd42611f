import { useTranslation } from "react-i18next";
import { Field } from "@/components/Field";
import { Input } from "@/components/inputs";
import { type AgentDraft, validNumber } from "./agentDraft";

interface LimitFieldsProps {
  draft: AgentDraft;
  set: (change: Partial<AgentDraft>) => void;
  /** A new agent leaves to the defaults what is empty; a stored one has its numbers. */
  isNew: boolean;
}

const NUMBERS = [
  ["maxTokens", "agents.max_tokens", "agents.max_tokens_hint"],
  ["maxToolIterations", "agents.max_tool_iterations", "agents.max_tool_iterations_hint"],
  ["contextWindow", "agents.context_window", "agents.context_window_hint"],
] as const;

/** How far an agent may go, and where its tools work. */
export function LimitFields({ draft, set, isNew }: LimitFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      {NUMBERS.map(([name, label, hint]) => {
        const valid = validNumber(draft[name], isNew || name === "maxTokens");
        return (
          <Field
            key={name}
            label={t(label)}
            hint={t(hint)}
            errors={valid ? [] : [t("agents.number_invalid")]}
          >
            <Input
              inputMode="numeric"
              value={draft[name]}
              onChange={({ target }) => set({ [name]: target.value })}
            />
          </Field>
        );
      })}
      <Field label={t("agents.workspace")} hint={t("agents.workspace_hint")}>
        <Input
          value={draft.workspace}
          spellCheck={false}
          onChange={({ target }) => set({ workspace: target.value })}
        />
      </Field>
    </>
  );
}
