import { expect, test } from "vitest";
import { picked, toRequestQuery } from "@/hooks/requestQuery";
import { trace } from "../../tests/samples";
import { agentsSearch, chatSearch, poolsSearch, providersSearch, requestsSearch } from "./search";

test("an address with nonsense in it is read as if the nonsense were not there", () => {
  expect(requestsSearch({ outcome: "x", period: "9y", account: "", from: "soon", request: 5 })).toEqual({
    request: "5",
  });
  expect(requestsSearch({ outcome: "failed", period: "24h" })).toMatchObject({
    outcome: "failed",
    period: "24h",
  });
  expect(providersSearch({ connect: "codex", way: "pigeon" })).toEqual({ connect: "codex" });
  expect(agentsSearch({ create: "yes" })).toEqual({});
  expect(chatSearch({ model: "agent:a" })).toEqual({ model: "agent:a" });
  expect(poolsSearch({ edit: "openai-codex", more: 1 })).toEqual({ edit: "openai-codex" });
});

test("what the gateway cannot be asked for is picked by the page", () => {
  const wanted = picked({ failover: true, slower: 1000 });
  expect(wanted?.(trace({ used_failover: true, duration_ms: 1000 }))).toBe(true);
  expect(wanted?.(trace({ used_failover: false, duration_ms: 1000 }))).toBe(false);
  expect(wanted?.(trace({ used_failover: true, duration_ms: 999 }))).toBe(false);
  expect(picked({ outcome: "failed" })).toBeNull();
});

test("a period is counted back from now and outranks a range", () => {
  const now = Date.parse("2026-05-01T12:00:00Z");
  const range = { from: "2020-01-01T00:00:00Z", to: "2021-01-01T00:00:00Z" };
  expect(toRequestQuery({ account: "a", period: "1h", ...range }, now)).toEqual({
    account: "a",
    from: "2026-05-01T11:00:00.000Z",
  });
  expect(toRequestQuery({ outcome: "failed", ...range }, now)).toEqual({ outcome: "failed", ...range });
  expect(toRequestQuery({}, now)).toEqual({});
});
