import type { Agent, PoolStrategy, Provider } from "@/api/types";

type Routing = NonNullable<Agent["other_config"]["chatgpt_oauth_routing"]>;

export const ACCOUNT_CHOICES = ["all", "some", "owner"] as const;
export type AccountChoice = (typeof ACCOUNT_CHOICES)[number];

/** How an agent uses the pool of its provider. */
export interface RoutingDraft {
  mode: "inherit" | "custom";
  accounts: AccountChoice;
  strategy: PoolStrategy;
  /** Members of the pool in the order in which they are tried, where `accounts` is `some`. */
  chosen: string[];
}

/** The pool of a provider, as far as an agent is concerned. */
export interface PoolOf {
  owner: string;
  strategy: PoolStrategy;
  members: string[];
}

/** What a provider goes over; `null` for one that is no ChatGPT account. */
export function poolOf(provider: Provider): PoolOf | null {
  if (provider.provider_type !== "chatgpt_oauth") return null;
  const owns = provider.pool?.role === "owner";
  return {
    owner: provider.name,
    strategy: (owns && provider.pool?.strategy) || "primary_first",
    members: owns ? (provider.pool?.members ?? []) : [],
  };
}

const INHERIT: RoutingDraft = { mode: "inherit", accounts: "all", strategy: "primary_first", chosen: [] };

const same = (one: readonly string[], other: readonly string[]) => one.join("\n") === other.join("\n");

export function routingDraftOf(
  routing: Routing | null | undefined,
  members: readonly string[],
): RoutingDraft {
  const { override_mode: mode, strategy, extra_provider_names } = routing ?? {};
  const chosen = extra_provider_names ?? [];
  const says = mode === "custom" || strategy != null || chosen.length > 0;
  if (mode === "inherit" || !says) return INHERIT;
  const custom = { mode: "custom", strategy: strategy ?? "primary_first" } as const;
  if (chosen.length === 0)
    return { ...custom, accounts: custom.strategy === "primary_first" ? "owner" : "all", chosen };
  return { ...custom, accounts: same(chosen, members) ? "all" : "some", chosen };
}

/** What to send; routing that was not touched stays as it is written. */
export function toRouting(
  draft: RoutingDraft,
  before: Routing | null | undefined,
  members: readonly string[],
): Routing | null {
  const old = routingDraftOf(before, members);
  if (JSON.stringify(old) === JSON.stringify(draft)) return before ?? null;
  if (draft.mode === "inherit") return null;
  const { accounts, strategy } = draft;
  const alone = accounts === "owner" || (accounts === "some" && draft.chosen.length === 0);
  // No names and this strategy: the gateway's way to say "the owner alone".
  if (alone) return { override_mode: "custom", strategy: "primary_first" };
  if (accounts === "some") return { override_mode: "custom", strategy, extra_provider_names: draft.chosen };
  if (strategy !== "primary_first") return { override_mode: "custom", strategy };
  return { override_mode: "custom", strategy, extra_provider_names: [...members] };
}

/** The accounts that the draft comes to, the owner first, and how they are tried. */
export function outcomeOf(draft: RoutingDraft, pool: PoolOf): { strategy: PoolStrategy; accounts: string[] } {
  const { owner, members } = pool;
  if (draft.mode === "inherit") return { strategy: pool.strategy, accounts: [owner, ...members] };
  if (draft.accounts === "owner") return { strategy: "primary_first", accounts: [owner] };
  const chosen = draft.accounts === "all" ? members : draft.chosen.filter((it) => members.includes(it));
  return { strategy: draft.strategy, accounts: [owner, ...chosen] };
}
