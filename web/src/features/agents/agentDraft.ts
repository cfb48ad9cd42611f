import type { Agent, AgentInput } from "@/api/types";
import { type RoutingDraft, routingDraftOf, toRouting } from "./routing";
import { type ToolChoice, toolChoiceOf, toToolsConfig } from "./toolChoice";

/** The form's fields; an empty text means "not set here". */
export interface AgentDraft {
  key: string;
  displayName: string;
  provider: string;
  model: string;
  thinkingLevel: string;
  maxTokens: string;
  maxToolIterations: string;
  contextWindow: string;
  workspace: string;
  systemPrompt: string;
  isDefault: boolean;
  active: boolean;
  tools: ToolChoice;
  routing: RoutingDraft;
}

/** `members`: of the pool that the agent goes over. */
export function agentDraftOf(agent: Agent | null, members: readonly string[] = []): AgentDraft {
  return {
    key: agent?.agent_key ?? "",
    displayName: agent?.display_name ?? "",
    provider: agent?.provider ?? "",
    model: agent?.model ?? "",
    thinkingLevel: agent?.other_config.thinking_level ?? "",
    maxTokens: agent?.other_config.max_tokens?.toString() ?? "",
    maxToolIterations: agent?.max_tool_iterations.toString() ?? "",
    contextWindow: agent?.context_window.toString() ?? "",
    workspace: agent?.workspace ?? "",
    systemPrompt: agent?.system_prompt ?? "",
    isDefault: agent?.is_default ?? false,
    active: (agent?.status ?? "active") === "active",
    tools: toolChoiceOf(agent?.tools_config ?? {}),
    routing: routingDraftOf(agent?.other_config.chatgpt_oauth_routing, members),
  };
}

export function sameDraft(one: AgentDraft, other: AgentDraft): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A whole positive number, or, where it is `optional`, nothing at all. */
export function validNumber(text: string, optional = true): boolean {
  return (optional && text.trim() === "") || /^[1-9]\d{0,8}$/.test(text.trim());
}

const orNull = (text: string) => text.trim() || null;

/** A number that is not given is left to the gateway. */
const numberOf = (text: string) => (text.trim() ? Number(text) : undefined);

/** What to send. Members of `other_config` that the form does not show stay as they are. */
export function toAgentInput(
  draft: AgentDraft,
  agent: Agent | null,
  members: readonly string[] = [],
): AgentInput {
  const {
    thinking_level: _level,
    max_tokens: _tokens,
    chatgpt_oauth_routing: before,
    ...others
  } = agent?.other_config ?? {};
  const rounds = numberOf(draft.maxToolIterations);
  const context = numberOf(draft.contextWindow);
  const routing = toRouting(draft.routing, before, members);
  const status = draft.active ? "active" : "inactive";
  return {
    ...(agent === null && { agent_key: draft.key.trim() }),
    display_name: orNull(draft.displayName),
    provider: orNull(draft.provider),
    model: orNull(draft.model),
    system_prompt: orNull(draft.systemPrompt),
    workspace: orNull(draft.workspace),
    ...(rounds !== undefined && { max_tool_iterations: rounds }),
    ...(context !== undefined && { context_window: context }),
    ...(draft.isDefault !== (agent?.is_default ?? false) && { is_default: draft.isDefault }),
    ...(status !== (agent?.status ?? "active") && { status }),
    tools_config: toToolsConfig(draft.tools, agent?.tools_config ?? {}),
    other_config: {
      ...others,
      ...(draft.thinkingLevel && { thinking_level: draft.thinkingLevel }),
      ...(draft.maxTokens.trim() && { max_tokens: Number(draft.maxTokens) }),
      ...(routing && { chatgpt_oauth_routing: routing }),
    },
  };
}
