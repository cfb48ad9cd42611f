import { useEffect, useRef, useState } from "react";
import type { Agent, Provider } from "@/api/types";
import { type AgentDraft, agentDraftOf, sameDraft } from "./agentDraft";
import { type PoolOf, poolOf } from "./routing";

/** The provider that an agent goes over when it names none, as far as the list of agents tells. */
function defaultProvider(agent: Agent | null, agents: readonly Agent[]): string | undefined {
  return [agent, ...agents].find((it) => it && it.provider === null)?.effective.provider;
}

/** The form's state: what is written, whether it is saved, and the pool that it is about. */
export function useAgentDraft(agent: Agent | null, agents: readonly Agent[], providers: readonly Provider[]) {
  const poolNamed = (name: string | undefined): PoolOf | null => {
    const provider = providers.find((it) => it.name === name);
    return provider ? poolOf(provider) : null;
  };
  const stored = agentDraftOf(agent, poolNamed(agent?.effective.provider)?.members);
  const [draft, setDraft] = useState(stored);
  const [clean, setClean] = useState(stored);
  const dirty = !sameDraft(draft, clean);
  const isDirty = useRef(dirty);
  isDirty.current = dirty;

  // What somebody else saved is shown, unless it would take away what is being written here.
  const storedText = JSON.stringify(stored);
  useEffect(() => {
    if (isDirty.current) return;
    const next: AgentDraft = JSON.parse(storedText);
    setDraft(next);
    setClean(next);
  }, [storedText]);

  const providerName = draft.provider || defaultProvider(agent, agents);
  return {
    draft,
    dirty,
    isDirty,
    set: (change: Partial<AgentDraft>) => setDraft((it) => ({ ...it, ...change })),
    saved: () => {
      isDirty.current = false;
      setClean(draft);
    },
    pool: poolNamed(providerName),
    providerKnown: providers.some(({ name }) => name === providerName),
  };
}
