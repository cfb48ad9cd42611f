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
}

export function chatSearch(raw: Raw): ChatSearch {
  return { model: word(raw.model) };
}

export const TRACE_STATUSES = ["completed", "incomplete", "failed", "cancelled", "refused"] as const;
export const LIMITS = [50, 200] as const;

export interface RequestsSearch {
  status?: (typeof TRACE_STATUSES)[number] | undefined;
  account?: string | undefined;
  limit?: (typeof LIMITS)[number] | undefined;
  /** The request whose details are open. */
  trace?: string | undefined;
}

export function requestsSearch(raw: Raw): RequestsSearch {
  return {
    status: oneOf(raw.status, TRACE_STATUSES),
    account: word(raw.account),
    limit: LIMITS.find((each) => each === raw.limit),
    trace: word(raw.trace),
  };
}
