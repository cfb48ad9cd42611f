import { expect, test } from "vitest";
import { pooled, provider } from "../../../tests/samples";
import { outcomeOf, poolOf, type RoutingDraft, routingDraftOf, toRouting } from "./routing";

const MEMBERS = ["alice", "bob"];
const POOL = { owner: "main", strategy: "round_robin", members: MEMBERS } as const;
const pool = { ...POOL, members: [...MEMBERS] };
const custom = (change: Partial<RoutingDraft>): RoutingDraft => ({
  mode: "custom",
  accounts: "all",
  strategy: "primary_first",
  chosen: [],
  ...change,
});

test("the pool of an agent is the one that its provider owns", () => {
  const [owner, member] = pooled(["main", "alice"], "quota_aware");
  expect(owner && poolOf(owner)).toEqual({ owner: "main", strategy: "quota_aware", members: ["alice"] });
  expect(member && poolOf(member)?.members).toEqual([]);
  expect(poolOf(provider({ provider_type: "openai_compatible", pool: null }))).toBeNull();
});

test("what is written is read as the gateway reads it, and stays as it is untouched", () => {
  const written = [
    [null, "inherit", "all"],
    [{}, "inherit", "all"],
    [{ override_mode: "inherit", strategy: "round_robin" }, "inherit", "all"],
    [{ strategy: "round_robin" }, "custom", "all"],
    [{ override_mode: "custom" }, "custom", "owner"],
    [{ override_mode: "custom", strategy: "primary_first" }, "custom", "owner"],
    [{ override_mode: "custom", extra_provider_names: ["alice", "bob"] }, "custom", "all"],
    [{ override_mode: "custom", extra_provider_names: ["bob"] }, "custom", "some"],
  ] as const;
  for (const [routing, mode, accounts] of written) {
    const draft = routingDraftOf(routing as never, MEMBERS);
    expect([routing, draft.mode, draft.accounts]).toEqual([routing, mode, accounts]);
    expect(toRouting(draft, routing as never, MEMBERS)).toEqual(routing);
  }
});

test("what is chosen is sent so that the gateway does just that", () => {
  const sent = (draft: RoutingDraft) => toRouting(draft, null, MEMBERS);
  expect(sent(custom({ accounts: "owner", strategy: "round_robin" }))).toEqual({
    override_mode: "custom",
    strategy: "primary_first",
  });
  // Without names this strategy would mean the owner alone.
  expect(sent(custom({}))).toMatchObject({ strategy: "primary_first", extra_provider_names: MEMBERS });
  expect(sent(custom({ strategy: "quota_aware" }))).toEqual({
    override_mode: "custom",
    strategy: "quota_aware",
  });
  expect(sent(custom({ accounts: "some", chosen: ["bob"], strategy: "priority_order" }))).toEqual({
    override_mode: "custom",
    strategy: "priority_order",
    extra_provider_names: ["bob"],
  });
  expect(sent(custom({ mode: "inherit" }))).toBeNull();
});

test("the outcome names the accounts that are left", () => {
  expect(outcomeOf(custom({ mode: "inherit" }), pool)).toEqual({
    strategy: "round_robin",
    accounts: ["main", "alice", "bob"],
  });
  expect(outcomeOf(custom({ accounts: "some", chosen: ["bob", "gone"] }), pool).accounts).toEqual([
    "main",
    "bob",
  ]);
  expect(outcomeOf(custom({ accounts: "owner" }), pool).accounts).toEqual(["main"]);
});
