import { expect, test } from "vitest";
import { agentsSearch, chatSearch, providersSearch, requestsSearch } from "@/routes/search";
import { trace } from "../../../tests/samples";
import { accountsOf, filterTraces } from "./filterTraces";

const tried = { provider_name: "b", outcome: "failed" as const, error_code: "quota", duration_ms: 1 };
const TRACES = [
  trace({ id: "1", provider_name: "a", attempts: [tried] }),
  trace({ id: "2", provider_name: null, status: "failed", attempts: [] }),
  trace({ id: "3", provider_name: "c", attempts: [] }),
];
const ids = (filters: Parameters<typeof filterTraces>[1]) =>
  filterTraces(TRACES, filters).map(({ id }) => id);

test("an account matches where it served and where it was only tried", () => {
  expect(ids({ account: "a" })).toEqual(["1"]);
  expect(ids({ account: "b" })).toEqual(["1"]);
});

test("filters narrow together, and none keeps everything", () => {
  expect(ids({})).toEqual(["1", "2", "3"]);
  expect(ids({ status: "failed" })).toEqual(["2"]);
  expect(ids({ status: "failed", account: "a" })).toEqual([]);
});

test("every account that stands in the list can be chosen, once", () => {
  expect(accountsOf([...TRACES, ...TRACES])).toEqual(["a", "b", "c"]);
});

test("an address with nonsense in it is read as if the nonsense were not there", () => {
  expect(requestsSearch({ status: "x", limit: 7, account: "", trace: 5 })).toEqual({ trace: "5" });
  expect(requestsSearch({ status: "failed", limit: 200 })).toMatchObject({ status: "failed", limit: 200 });
  expect(providersSearch({ connect: "codex", way: "pigeon" })).toEqual({ connect: "codex" });
  expect(agentsSearch({ create: "yes" })).toEqual({});
  expect(chatSearch({ model: "agent:a" })).toEqual({ model: "agent:a" });
});
