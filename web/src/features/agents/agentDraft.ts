import type { Agent, AgentInput } from "@/api/types";

/** The form's fields as text; empty means "not set here". */
export interface AgentDraft {
  key: string;
  displayName: string;
  provider: string;
  model: string;
  thinkingLevel: string;
  maxTokens: string;
  systemPrompt: string;
}

export function agentDraftOf(agent: Agent | null): AgentDraft {
  return {
    key: agent?.agent_key ?? "",
    displayName: agent?.display_name ?? "",
    provider: agent?.provider ?? "",
    model: agent?.model ?? "",
    thinkingLevel: agent?.other_config.thinking_level ?? "",
    maxTokens: agent?.other_config.max_tokens?.toString() ?? "",
    systemPrompt: agent?.system_prompt ?? "",
  };
}

/** A whole positive number, or nothing at all. */
export function validMaxTokens(text: string): boolean {
  return text.trim() === "" || /^[1-9]\d*$/.test(text.trim());
}

const orNull = (text: string) => text.trim() || null;

/** What to send. Members of `other_config` that the form does not show stay as they are. */
export function toAgentInput(draft: AgentDraft, agent: Agent | null): AgentInput {
  const { thinking_level: _level, max_tokens: _tokens, ...others } = agent?.other_config ?? {};
  return {
    ...(agent === null && { agent_key: draft.key.trim() }),
    display_name: orNull(draft.displayName),
    provider: orNull(draft.provider),
    model: orNull(draft.model),
    system_prompt: orNull(draft.systemPrompt),
    other_config: {
      ...others,
      ...(draft.thinkingLevel && { thinking_level: draft.thinkingLevel }),
      ...(draft.maxTokens.trim() && { max_tokens: Number(draft.maxTokens) }),
    },
  };
}
