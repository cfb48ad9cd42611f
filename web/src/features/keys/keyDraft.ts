import type { Key, KeyChange, LimitRule, LimitWindow, Meter, NewKey, Role } from "@/api/access";
import { fromLocalInput, toLocalInput } from "../range/localTime";
import { isWindowed, ruleId } from "./limits";

export interface RuleDraft {
  id: number;
  meter: Meter;
  window: LimitWindow;
  amount: string;
}

export const LISTS = ["models", "agents", "providers"] as const;
export type ListName = (typeof LISTS)[number];

export interface KeyDraft {
  name: string;
  role: Role;
  /** As `<input type="datetime-local">` has it; empty for never. */
  expires: string;
  /** `null`: all of them. */
  models: string[] | null;
  agents: string[] | null;
  providers: string[] | null;
  limits: RuleDraft[];
}

let count = 0;

export function newRule(meter: Meter = "requests", window: LimitWindow = "minute", amount = ""): RuleDraft {
  count += 1;
  return { id: count, meter, window, amount };
}

export function keyDraftOf(key: Key | null): KeyDraft {
  return {
    name: key?.name ?? "",
    role: key?.role ?? "operator",
    expires: toLocalInput(key?.expires_at ?? undefined),
    models: key?.models ?? null,
    agents: key?.agents ?? null,
    providers: key?.providers ?? null,
    limits: (key?.limits ?? []).map(({ meter, window, amount }) =>
      newRule(meter, window ?? "day", String(amount)),
    ),
  };
}

/** What is wrong with the draft; each is a key of `keys.wrong`. */
export type Flaw = "name" | "expires" | "list" | "amount" | "share" | "twice";

export function toRule({ meter, window, amount }: RuleDraft): LimitRule {
  return { meter, ...(isWindowed(meter) && { window }), amount: Number(amount) };
}

/** `key` is the one that is changed: what nobody touched may stay as it is. */
export function flawsOf(draft: KeyDraft, key: Key | null, now: number): Set<Flaw> {
  const flaws = new Set<Flaw>();
  const before = keyDraftOf(key);
  if (draft.name.trim() === "") flaws.add("name");
  const expires = fromLocalInput(draft.expires);
  const past = draft.expires !== "" && (expires === undefined || Date.parse(expires) <= now);
  if (past && draft.expires !== before.expires) flaws.add("expires");
  if (LISTS.some((list) => draft[list]?.length === 0 && before[list]?.length !== 0)) flaws.add("list");
  for (const { meter, amount } of draft.limits) {
    if (!/^[1-9]\d{0,14}$/.test(amount.trim())) flaws.add("amount");
    else if (meter === "pool_share" && Number(amount) > 100) flaws.add("share");
  }
  const ids = draft.limits.map((rule) => ruleId(toRule(rule)));
  if (new Set(ids).size < ids.length) flaws.add("twice");
  return flaws;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What is different from `key`. */
export function toKeyChange(draft: KeyDraft, key: Key): KeyChange {
  const before = keyDraftOf(key);
  const change: KeyChange = {};
  if (draft.name.trim() !== key.name) change.name = draft.name.trim();
  if (draft.expires !== before.expires) change.expires_at = fromLocalInput(draft.expires) ?? null;
  for (const list of LISTS) if (!same(draft[list], before[list])) change[list] = draft[list];
  const limits = draft.limits.map(toRule);
  if (!same(limits, before.limits.map(toRule))) change.limits = limits;
  return change;
}

/** What is not set is left out, and then not limited. */
export function toNewKey(draft: KeyDraft): NewKey {
  const expires_at = fromLocalInput(draft.expires);
  return {
    name: draft.name.trim(),
    role: draft.role,
    ...(expires_at && { expires_at }),
    ...(draft.models && { models: draft.models }),
    ...(draft.agents && { agents: draft.agents }),
    ...(draft.providers && { providers: draft.providers }),
    ...(draft.limits.length > 0 && { limits: draft.limits.map(toRule) }),
  };
}
