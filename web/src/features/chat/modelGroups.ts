import type { Model } from "@/api/types";

export interface ModelGroups {
  agents: string[];
  plain: string[];
  /** `<provider>/<model>`: asks that account, and no other. */
  pinned: string[];
}

export function groupModels(models: readonly Model[], current: string): ModelGroups {
  const ids = [...new Set([...models.map(({ id }) => id), ...(current ? [current] : [])])];
  const isAgent = (id: string) => id.startsWith("agent:");
  const isPinned = (id: string) => !isAgent(id) && id.includes("/");
  return {
    agents: ids.filter(isAgent),
    plain: ids.filter((id) => !isAgent(id) && !isPinned(id)),
    pinned: ids.filter(isPinned),
  };
}

/** The first plain model, else whatever there is; empty when there is none. */
export function defaultModel(models: readonly Model[] | undefined): string {
  const { plain, agents, pinned } = groupModels(models ?? [], "");
  return plain[0] ?? agents[0] ?? pinned[0] ?? "";
}

const AGENT = "agent:";

/** The key of the agent that a model's name means; `null` for a plain model. */
export function agentOf(model: string): string | null {
  return model.startsWith(AGENT) ? model.slice(AGENT.length) : null;
}
