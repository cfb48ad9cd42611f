import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import type { LiveEvent } from "@/api/events";
import type { Provider, QuotaList } from "@/api/types";
import { provider, quota, quotaWindow } from "../../tests/samples";
import { applyEvent, LIVE_KEYS } from "./applyEvent";
import { keys } from "./keys";

function cache() {
  const queries = new QueryClient();
  queries.setQueryData(keys.providers, [provider(), provider({ id: "p2", name: "other" })]);
  queries.setQueryData<QuotaList>(keys.quota, { providers: [quota()], generated_at: "x" });
  return queries;
}

const event = (type: LiveEvent["type"], data: Record<string, unknown> = {}): LiveEvent => ({ type, data });

test("a new state is put on its provider and on no other", () => {
  const queries = cache();
  const status = { state: "exhausted", since: "x", reason: null, until: "y" };
  const changed = applyEvent(queries, event("provider.status", { provider_id: "p2", status }));
  expect(queries.getQueryData<Provider[]>(keys.providers)?.map((it) => it.status.state)).toEqual([
    "ready",
    "exhausted",
  ]);
  expect(changed).not.toContain(keys.providers);
});

test("a new quota takes the place of the old, and an account that had none is added", () => {
  const queries = cache();
  const windows = [quotaWindow({ label: "new" })];
  for (const id of ["p1", "p2"])
    applyEvent(queries, event("provider.quota", { provider_id: id, provider_name: id, quota: { windows } }));
  const { providers } = queries.getQueryData<QuotaList>(keys.quota) ?? { providers: [] };
  expect(providers.map((it) => [it.provider_id, it.windows[0]?.label])).toEqual([
    ["p1", "new"],
    ["p2", "new"],
  ]);
  expect(providers[0]?.plan_type).toBe("plus");
});

test("an event in an unknown shape makes the page look again", () => {
  const queries = cache();
  expect(applyEvent(queries, event("provider.status", { status: 5 }))).toContain(keys.providers);
  expect(applyEvent(queries, event("provider.quota"))).toEqual([keys.quota, keys.capacity]);
});

test("after a gap everything is read anew", () => {
  expect(applyEvent(cache(), event("reset"))).toBe(LIVE_KEYS);
});
