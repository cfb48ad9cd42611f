import { useTranslation } from "react-i18next";
import type { Agent, Provider } from "@/api/types";
import { Form } from "@/components/form/Form";
import { usePlaced } from "@/components/form/usePlaced";
import { SLUG } from "@/components/slug";
import { useSaveAgent } from "@/hooks/useAgents";
import { useDenied } from "@/hooks/useMay";
import { toAgentInput, validNumber } from "./agentDraft";
import { IdentityFields } from "./IdentityFields";
import { LimitFields } from "./LimitFields";
import { ModelFields } from "./ModelFields";
import { PromptField } from "./PromptField";
import { RoutingFields } from "./RoutingFields";
import { ToolFields } from "./ToolFields";
import type { useAgentDraft } from "./useAgentDraft";

interface AgentFormProps {
  agent: Agent | null;
  form: ReturnType<typeof useAgentDraft>;
  providers: Provider[];
  taken: string[];
  onSaved: (key: string) => void;
  onClose: () => void;
}

export function AgentForm({ agent, form, providers, taken, onSaved, onClose }: AgentFormProps) {
  const { t } = useTranslation();
  const { draft, dirty, set, pool } = form;
  const save = useSaveAgent(agent?.agent_key ?? null);
  const denied = useDenied("manage_agents");
  const fixed = agent?.managed_by === "file" ? t("agents.read_only") : denied;
  const isNew = agent === null;
  const key = draft.key.trim();
  const keyTaken = isNew && taken.includes(key);
  const numbers =
    validNumber(draft.maxTokens) &&
    validNumber(draft.maxToolIterations, isNew) &&
    validNumber(draft.contextWindow, isNew);
  const complete = (!isNew || (SLUG.test(key) && !keyTaken)) && numbers;
  const wrong = usePlaced(save.error, ["agent_key"]);
  const submit = () => {
    const onSuccess = () => {
      form.saved();
      onSaved(isNew ? key : agent.agent_key);
    };
    save.mutate(toAgentInput(draft, agent, pool?.members), { onSuccess });
  };
  const change: typeof set = (next) => {
    if (!save.isPending) save.reset();
    set(next);
  };
  return (
    <Form
      label={isNew ? t("agents.create") : `agent:${agent.agent_key}`}
      save={save}
      wrong={wrong}
      guard={form}
      fixed={fixed}
      complete={complete && dirty}
      close={t("common.close")}
      onSave={submit}
      onClose={onClose}
      aside={
        <p role="status" className="mr-auto text-muted text-sm">
          {dirty ? t("agents.unsaved") : save.isSuccess && t("agents.saved")}
        </p>
      }
    >
      <div className="grid gap-4 sm:grid-cols-2">
        <IdentityFields
          draft={draft}
          set={change}
          isNew={isNew}
          errors={keyTaken ? [t("errors.name_taken")] : wrong.at.agent_key}
        />
        <ModelFields draft={draft} set={change} providers={providers} />
        <PromptField draft={draft} set={change} />
        <LimitFields draft={draft} set={change} isNew={isNew} />
      </div>
      <ToolFields choice={draft.tools} onChange={(tools) => change({ tools })} />
      <RoutingFields
        draft={draft.routing}
        pool={pool}
        known={form.providerKnown}
        onChange={(routing) => change({ routing })}
      />
    </Form>
  );
}
