/** What each page keeps in its address, so that a link or a reload shows the same thing. */

import { PERIODS, type RangeSearch } from "@/hooks/timeRange";

type Raw = Record<string, unknown>;

function word(value: unknown): string | undefined {
  // The router reads `?connect=42` as a number.
  if (typeof value === "number") return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

export const WAYS = ["browser", "device", "paste", "import"] as const;
export type Way = (typeof WAYS)[number];

export interface ProvidersSearch {
  /** The account whose sign-in dialog is open; `new` asks for a name first. */
  connect?: string | undefined;
  way?: Way | undefined;
  /** The open form of a provider with a key: `new`, or the provider's name. */
  edit?: string | undefined;
}

export function providersSearch(raw: Raw): ProvidersSearch {
  return { connect: word(raw.connect), way: oneOf(raw.way, WAYS), edit: word(raw.edit) };
}

export interface AgentsSearch {
  /** The key of the agent whose form is open. */
  edit?: string | undefined;
  create?: true | undefined;
}

export function agentsSearch(raw: Raw): AgentsSearch {
  return { edit: word(raw.edit), create: raw.create === true ? true : undefined };
}

export interface ChatSearch {
  model?: string | undefined;
  /** The agent's conversation that is open. */
  session?: string | undefined;
  /** What the conversations are searched for. */
  q?: string | undefined;
}

export function chatSearch(raw: Raw): ChatSearch {
  return { model: word(raw.model), session: word(raw.session), q: word(raw.q) };
}

export const STRATEGIES = ["primary_first", "priority_order", "round_robin", "quota_aware"] as const;

export interface PoolsSearch {
  /** `new` opens the form that makes one; the name of an owner leads to the page of that pool. */
  edit?: string | undefined;
}

export function poolsSearch(raw: Raw): PoolsSearch {
  return { edit: word(raw.edit) };
}

export interface PoolSearch {
  /** The strategy that is tried out against the last requests. */
  strategy?: (typeof STRATEGIES)[number] | undefined;
  /** The form of members is open. */
  add?: true | undefined;
}

export function poolSearch(raw: Raw): PoolSearch {
  return { strategy: oneOf(raw.strategy, STRATEGIES), add: raw.add === true ? true : undefined };
}

export interface McpSearch {
  /** The server whose form is open; `new` makes one. */
  edit?: string | undefined;
}

export function mcpSearch(raw: Raw): McpSearch {
  return { edit: word(raw.edit) };
}

export const TRACE_STATUSES = ["completed", "incomplete", "failed", "cancelled", "refused"] as const;
/** From how many milliseconds on a request may be asked for as slow. */
export const SLOW_MS = [5_000, 10_000, 30_000, 60_000] as const;

function instant(value: unknown): string | undefined {
  const text = word(value);
  return text !== undefined && Number.isFinite(Date.parse(text)) ? text : undefined;
}

function range(raw: Raw): RangeSearch {
  return { period: oneOf(raw.period, PERIODS), from: instant(raw.from), to: instant(raw.to) };
}

/** Whose requests: what the lists and the numbers of requests are narrowed by. */
export interface WhoseSearch extends RangeSearch {
  account?: string | undefined;
  agent?: string | undefined;
  /** The id of an API key. */
  key?: string | undefined;
  model?: string | undefined;
}

function whose(raw: Raw): WhoseSearch {
  return {
    account: word(raw.account),
    agent: word(raw.agent),
    key: word(raw.key),
    model: word(raw.model),
    ...range(raw),
  };
}

export interface RequestsSearch extends WhoseSearch {
  outcome?: (typeof TRACE_STATUSES)[number] | undefined;
  /** How an attempt failed. */
  cause?: string | undefined;
  /** Only those that another account answered than the first choice. */
  failover?: true | undefined;
  /** Only those that took at least so many milliseconds. */
  slower?: number | undefined;
  /** The request whose details are open. */
  request?: string | undefined;
}

export function requestsSearch(raw: Raw): RequestsSearch {
  const slower = Number(raw.slower);
  return {
    outcome: oneOf(raw.outcome, TRACE_STATUSES),
    cause: word(raw.cause),
    failover: raw.failover === true ? true : undefined,
    slower: Number.isInteger(slower) && slower > 0 ? slower : undefined,
    ...whose(raw),
    request: word(raw.request),
  };
}

export interface KeysSearch {
  /** The key whose form is open, by its id; `new` makes one. */
  edit?: string | undefined;
}

export function keysSearch(raw: Raw): KeysSearch {
  return { edit: word(raw.edit) };
}

export interface UsersSearch {
  /** The form of an invitation is open. */
  invite?: true | undefined;
}

export function usersSearch(raw: Raw): UsersSearch {
  return { invite: raw.invite === true ? true : undefined };
}

export interface TenantsSearch {
  /** The tenant whose form is open, by its slug; `new` makes one. */
  edit?: string | undefined;
}

export function tenantsSearch(raw: Raw): TenantsSearch {
  return { edit: word(raw.edit) };
}

export interface ActivitySearch extends RangeSearch {
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
}

export function activitySearch(raw: Raw): ActivitySearch {
  return {
    actor: word(raw.actor),
    action: word(raw.action),
    object: word(raw.object),
    ...range(raw),
  };
}

export const USAGE_BY = ["account", "agent", "key", "model", "day", "cause"] as const;
export type UsageBy = (typeof USAGE_BY)[number];
export const MEASURES = ["requests", "tokens"] as const;
export type Measure = (typeof MEASURES)[number];

export interface UsageSearch extends WhoseSearch {
  /** What the table is by; accounts when absent. */
  by?: UsageBy | undefined;
  /** What the hours of the week are coloured by; requests when absent. */
  measure?: Measure | undefined;
}

export function usageSearch(raw: Raw): UsageSearch {
  return { ...whose(raw), by: oneOf(raw.by, USAGE_BY), measure: oneOf(raw.measure, MEASURES) };
}

export interface InviteSearch {
  way?: Way | undefined;
}

export function inviteSearch(raw: Raw): InviteSearch {
  return { way: oneOf(raw.way, WAYS) };
}
