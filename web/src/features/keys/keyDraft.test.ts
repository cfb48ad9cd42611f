import { expect, test } from "vitest";
import { apiKey, limit } from "../../../tests/samples";
import { flawsOf, keyDraftOf, newRule, toKeyChange, toNewKey } from "./keyDraft";

const NOW = Date.parse("2026-05-01T12:00:00Z");
const draft = (change: Partial<ReturnType<typeof keyDraftOf>> = {}) => ({
  ...keyDraftOf(null),
  name: " ci ",
  ...change,
});

test("a new key names only what is set", () => {
  expect(toNewKey(draft())).toEqual({ name: "ci", role: "operator" });
  const full = draft({
    models: ["gpt-5"],
    limits: [newRule("tokens", "day", "1000"), newRule("concurrent", "day", "3")],
  });
  expect(toNewKey(full)).toEqual({
    name: "ci",
    role: "operator",
    models: ["gpt-5"],
    limits: [
      { meter: "tokens", window: "day", amount: 1000 },
      { meter: "concurrent", amount: 3 },
    ],
  });
});

test("a change says what is different and nothing else; null clears", () => {
  const key = apiKey({
    models: ["gpt-5"],
    expires_at: "2020-01-01T00:00:31Z",
    limits: [limit({ meter: "requests", window: "minute", amount: 5 })],
  });
  const before = keyDraftOf(key);
  expect(toKeyChange(before, key)).toEqual({});
  expect(toKeyChange({ ...before, models: null, expires: "" }, key)).toEqual({
    models: null,
    expires_at: null,
  });
  expect(toKeyChange({ ...before, limits: [] }, key)).toEqual({ limits: [] });
});

test("what is wrong is found before it is sent", () => {
  expect([...flawsOf(draft({ name: " " }), null, NOW)]).toEqual(["name"]);
  expect([...flawsOf(draft({ expires: "2020-01-01T00:00" }), null, NOW)]).toEqual(["expires"]);
  expect([...flawsOf(draft({ agents: [] }), null, NOW)]).toEqual(["list"]);
  const rules = (...list: ReturnType<typeof newRule>[]) => [...flawsOf(draft({ limits: list }), null, NOW)];
  expect(rules(newRule("tokens", "day", "0"))).toEqual(["amount"]);
  expect(rules(newRule("tokens", "day", "1.5"))).toEqual(["amount"]);
  expect(rules(newRule("pool_share", "day", "101"))).toEqual(["share"]);
  expect(rules(newRule("tokens", "day", "1"), newRule("tokens", "day", "2"))).toEqual(["twice"]);
  expect(rules(newRule("tokens", "day", "1"), newRule("tokens", "week", "2"))).toEqual([]);
});

test("what nobody touched may stay as it is, also an expiry that lies in the past", () => {
  const key = apiKey({ expires_at: "2020-01-01T00:00:31Z", providers: [] });
  expect([...flawsOf({ ...keyDraftOf(key), name: "other" }, key, NOW)]).toEqual([]);
});
