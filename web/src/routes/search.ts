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
