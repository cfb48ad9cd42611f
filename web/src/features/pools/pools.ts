import type { PoolAffinity, PoolStrategy, Provider, Violation } from "@/api/types";

export const STRATEGIES = ["primary_first", "priority_order", "round_robin", "quota_aware"] as const;
export const AFFINITIES = ["conversation", "request"] as const;

export interface Pool {
  owner: Provider;
  strategy: PoolStrategy;
  affinity: PoolAffinity;
  /** The owner first, then the members in order. */
  accounts: Provider[];
}

/** The pools of the tenant, in the order of their owners. */
export function poolsOf(providers: readonly Provider[]): Pool[] {
  const byName = new Map(providers.map((it) => [it.name, it]));
  return providers.flatMap((owner) => {
    if (owner.pool?.role !== "owner") return [];
    const { strategy, affinity, members } = owner.pool;
    if (strategy === null || affinity === null) return [];
    const others = members.map((name) => byName.get(name)).filter((it) => it !== undefined);
    return [{ owner, strategy, affinity, accounts: [owner, ...others] }];
  });
}

const inPool = ({ pool }: Provider) => pool?.role === "owner" || pool?.role === "member";

/** Whether an account can be pooled at all. */
export function isPoolable({ provider_type }: Pick<Provider, "provider_type">): boolean {
  return provider_type === "chatgpt_oauth";
}

/** Accounts that could be pooled and are not. */
export function singles(providers: readonly Provider[]): Provider[] {
  return providers.filter((it) => isPoolable(it) && !inPool(it));
}

/** Why a provider cannot become a member of the owner's pool; `null` when it can. */
export type Obstacle = { kind: "type" } | { kind: "owner" } | { kind: "member"; of: string };

export function obstacleFor(candidate: Provider, owner: string): Obstacle | null {
  if (!isPoolable(candidate)) return { kind: "type" };
  if (candidate.pool?.role === "owner") return { kind: "owner" };
  if (candidate.pool?.role === "member" && candidate.pool.owner !== owner)
    return { kind: "member", of: candidate.pool.owner ?? "" };
  return null;
}

export interface PoolDraft {
  owner: string;
  strategy: PoolStrategy;
  affinity: PoolAffinity;
  members: string[];
}

export function draftOf(pool: Pool | null, providers: readonly Provider[]): PoolDraft {
  const [first] = singles(providers);
  return {
    owner: pool?.owner.name ?? first?.name ?? "",
    strategy: pool?.strategy ?? "primary_first",
    affinity: pool?.affinity ?? "conversation",
    members: pool?.owner.pool?.members ?? [],
  };
}

/** Moves the member at `index` by `step` places; at an end it stays. */
export function moved(members: readonly string[], index: number, step: -1 | 1): string[] {
  const next = [...members];
  const [one, other] = [next[index], next[index + step]];
  if (one === undefined || other === undefined) return next;
  next[index] = other;
  next[index + step] = one;
  return next;
}

export interface PlacedViolations {
  owner: string[];
  members: Map<string, string[]>;
  other: string[];
}

/** Puts each broken rule where it can be mended: at the member it names, at the owner, or below the form. */
export function placeViolations(violations: readonly Violation[], draft: PoolDraft): PlacedViolations {
  const placed: PlacedViolations = { owner: [], members: new Map(), other: [] };
  for (const { message, providers } of violations) {
    const member = providers.find((name) => draft.members.includes(name));
    if (member !== undefined) placed.members.set(member, [...(placed.members.get(member) ?? []), message]);
    else if (providers.includes(draft.owner)) placed.owner.push(message);
    else placed.other.push(message);
  }
  return placed;
}

/** The violations in a refusal's body; none in any other refusal. */
export function violationsIn(body: unknown): Violation[] {
  const list = (body as { violations?: unknown } | null | undefined)?.violations;
  if (!Array.isArray(list)) return [];
  return list
    .filter((it): it is Partial<Violation> & { message: string } => typeof it?.message === "string")
    .map(({ code = "", message, providers }) => ({
      code,
      message,
      providers: Array.isArray(providers) ? providers : [],
    }));
}
