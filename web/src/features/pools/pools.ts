import type { PoolAffinity, PoolStrategy, Provider } from "@/api/types";
import { violationsOf } from "@/components/form/violations";

export const AFFINITIES = ["conversation", "request"] as const;

export interface Pool {
  owner: Provider;
  strategy: PoolStrategy;
  affinity: PoolAffinity;
  /** The primary first, then the owner where that is another, then the members in order. */
  accounts: Provider[];
  /** The name of who comes first: the owner, unless a member was made it. */
  primary: string;
}

/** Who comes first in an owner's pool. A name that is not in it counts for nothing. */
export function primaryOf(owner: Provider): string {
  const { codex_pool: pool } = owner.settings as { codex_pool?: { primary_provider_name?: unknown } | null };
  const named = pool?.primary_provider_name;
  return typeof named === "string" && owner.pool?.members.includes(named) ? named : owner.name;
}

/** The pools of the tenant, in the order of their owners. */
export function poolsOf(providers: readonly Provider[]): Pool[] {
  const byName = new Map(providers.map((it) => [it.name, it]));
  return providers.flatMap((owner) => {
    if (owner.pool?.role !== "owner") return [];
    const { strategy, affinity, members } = owner.pool;
    if (strategy === null || affinity === null) return [];
    const others = members.map((name) => byName.get(name)).filter((it) => it !== undefined);
    const primary = primaryOf(owner);
    const first = (it: Provider) => (it.name === primary ? 0 : 1);
    const accounts = [owner, ...others].sort((a, b) => first(a) - first(b));
    return [{ owner, strategy, affinity, accounts, primary }];
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

/** A pool of an account that is in none, and of nobody else yet. */
export function newPool(providers: readonly Provider[]): PoolDraft {
  const [first] = singles(providers);
  return { owner: first?.name ?? "", strategy: "primary_first", affinity: "conversation", members: [] };
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

/** The list with the one at `from` at the place `to`. */
export function placed<T>(list: readonly T[], from: number, to: number): T[] {
  const next = [...list];
  const [taken] = next.splice(from, 1);
  if (taken !== undefined) next.splice(Math.max(0, Math.min(next.length, to)), 0, taken);
  return next;
}

export interface Broken {
  owner: string[];
  members: Map<string, string[]>;
  other: string[];
  any: boolean;
}

/** Puts each broken rule where it can be mended: at the member it names, at the owner, or below the form. */
export function placeBroken(error: unknown, draft: Pick<PoolDraft, "owner" | "members">): Broken {
  const violations = violationsOf(error);
  const found: Broken = { owner: [], members: new Map(), other: [], any: violations.length > 0 };
  for (const { message, providers } of violations) {
    const member = providers.find((name) => draft.members.includes(name));
    if (member !== undefined) found.members.set(member, [...(found.members.get(member) ?? []), message]);
    else if (providers.includes(draft.owner)) found.owner.push(message);
    else found.other.push(message);
  }
  return found;
}
