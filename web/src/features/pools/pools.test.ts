import { expect, test } from "vitest";
import { toApiError } from "@/api/errors";
import type { ProviderPool } from "@/api/types";
import { pooled, provider } from "../../../tests/samples";
import { moved, obstacleFor, placeBroken, poolsOf, singles } from "./pools";

const NONE: ProviderPool = {
  role: "none",
  owner: null,
  strategy: "primary_first",
  affinity: "conversation",
  members: [],
  primary: null,
};
const PROVIDERS = [
  ...pooled(["ada", "grace", "linus"], "round_robin"),
  provider({ id: "p8", name: "alone", pool: NONE }),
  provider({ id: "p9", name: "key", provider_type: "openai_compat", pool: null }),
];

test("a pool is its owner and the members in their order", () => {
  const [pool, ...rest] = poolsOf(PROVIDERS);
  expect(rest).toEqual([]);
  expect(pool).toMatchObject({ strategy: "round_robin", affinity: "conversation" });
  expect(pool?.accounts.map(({ name }) => name)).toEqual(["ada", "grace", "linus"]);
});

test("only accounts that sign in can be alone, others are no accounts of a pool", () => {
  expect(singles(PROVIDERS).map(({ name }) => name)).toEqual(["alone"]);
  expect(poolsOf([provider()])).toEqual([]);
});

test("who cannot become a member is told why", () => {
  const [owner, member] = PROVIDERS;
  if (!owner || !member) throw new Error("no sample");
  expect(obstacleFor(owner, "alone")).toEqual({ kind: "owner" });
  expect(obstacleFor(member, "alone")).toEqual({ kind: "member", of: "ada" });
  expect(obstacleFor(member, "ada")).toBeNull();
  expect(obstacleFor(provider({ provider_type: "openai_compat" }), "alone")).toEqual({ kind: "type" });
});

test("a member moves by one place and not beyond the ends", () => {
  expect(moved(["a", "b", "c"], 0, 1)).toEqual(["b", "a", "c"]);
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"]);
});

test("every broken rule stands where it can be mended", () => {
  const violation = (message: string, ...providers: string[]) => ({ code: "x", message, providers });
  const violations = [
    violation("b is taken", "b", "x"),
    violation("b is odd", "ada", "b"),
    violation("no", "ada", "x"),
    violation("?"),
  ];
  const draft = { owner: "ada", members: ["b", "c"] };
  const placed = placeBroken(toApiError(400, { error: "no", code: "invalid_pool", violations }), draft);
  expect(placed.members).toEqual(new Map([["b", ["b is taken", "b is odd"]]]));
  expect(placed.owner).toEqual(["no"]);
  expect(placed.other).toEqual(["?"]);
  expect(placed.any).toBe(true);
  expect(placeBroken(toApiError(500, null), draft).any).toBe(false);
});

test("a member that was made the primary comes first, one that left does not", () => {
  const [owner, ...members] = pooled(["ada", "grace", "linus"]);
  if (!owner) throw new Error("no sample");
  const named = (primary_provider_name: string) =>
    poolsOf([{ ...owner, settings: { codex_pool: { primary_provider_name } } }, ...members])[0];
  expect(named("linus")?.accounts.map(({ name }) => name)).toEqual(["linus", "ada", "grace"]);
  expect(named("linus")?.primary).toBe("linus");
  expect(named("gone")?.primary).toBe("ada");
});
