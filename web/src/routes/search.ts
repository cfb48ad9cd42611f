/** What each page keeps in its address, so that a link or a reload shows the same thing. */

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

export interface PoolsSearch {
  /** The owner whose pool's form is open; `new` makes one. */
  edit?: string | undefined;
}

export function poolsSearch(raw: Raw): PoolsSearch {
  return { edit: word(raw.edit) };
}

export interface McpSearch {
  /** The server whose form is open; `new` makes one. */
  edit?: string | undefined;
}

export function mcpSearch(raw: Raw): McpSearch {
  return { edit: word(raw.edit) };
}

export const TRACE_STATUSES = ["completed", "incomplete", "failed", "cancelled", "refused"] as const;
export const PERIODS = ["1h", "24h", "7d", "30d"] as const;

function instant(value: unknown): string | undefined {
  const text = word(value);
  return text !== undefined && Number.isFinite(Date.parse(text)) ? text : undefined;
}

export interface RequestsSearch {
  outcome?: (typeof TRACE_STATUSES)[number] | undefined;
  account?: string | undefined;
  agent?: string | undefined;
  model?: string | undefined;
  /** Counted back from now; it outranks `from` and `to`. */
  period?: (typeof PERIODS)[number] | undefined;
  from?: string | undefined;
  to?: string | undefined;
  /** The request whose details are open. */
  request?: string | undefined;
}

export function requestsSearch(raw: Raw): RequestsSearch {
  return {
    outcome: oneOf(raw.outcome, TRACE_STATUSES),
    account: word(raw.account),
    agent: word(raw.agent),
    model: word(raw.model),
    period: oneOf(raw.period, PERIODS),
    from: instant(raw.from),
    to: instant(raw.to),
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

export interface ActivitySearch {
  actor?: string | undefined;
  action?: string | undefined;
  object?: string | undefined;
  /** Counted back from now; it outranks `from` and `to`. */
  period?: (typeof PERIODS)[number] | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

export function activitySearch(raw: Raw): ActivitySearch {
  return {
    actor: word(raw.actor),
    action: word(raw.action),
    object: word(raw.object),
    period: oneOf(raw.period, PERIODS),
    from: instant(raw.from),
    to: instant(raw.to),
  };
}

export interface InviteSearch {
  way?: Way | undefined;
}

export function inviteSearch(raw: Raw): InviteSearch {
  return { way: oneOf(raw.way, WAYS) };
}
