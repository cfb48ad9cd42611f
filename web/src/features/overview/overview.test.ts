import { expect, test } from "vitest";
import { capacityWindow, overview } from "../../../tests/insight";
import { provider, trace } from "../../../tests/samples";
import { byNeed, oldestReading } from "./capacity";
import { happenedLately } from "./events";
import { sharesOf } from "./shares";

test("shares count what the gateway answers for, and of nothing there is no share", () => {
  const day = overview().last_24h;
  expect(sharesOf(day)).toEqual({ success: 190 / 192, failover: 0.1, cached: 0.4 });
  const none = { ...day, succeeded: 0, failed: 0, failovers: 0, input_tokens: 0, cached_input_tokens: 0 };
  expect(sharesOf(none)).toEqual({ success: null, failover: null, cached: null });
});

test("a sum is as old as its oldest reading", () => {
  expect(oldestReading(capacityWindow())).toEqual({ at: "2026-05-01T11:30:00.000Z", source: "usage_api" });
  expect(oldestReading(capacityWindow({ by_account: [] }))).toBeNull();
});

test("who runs out comes first, who is unknown last", () => {
  const [lasts, runsOut] = capacityWindow().by_account;
  if (!lasts || !runsOut) throw new Error("no sample");
  const unknown = { ...lasts, provider_name: "x", remaining_percent: null };
  const low = { ...lasts, provider_name: "low", remaining_percent: 3 };
  expect(byNeed([unknown, lasts, low, runsOut]).map(({ provider_name }) => provider_name)).toEqual([
    "codex-grace",
    "low",
    "openai-codex",
    "x",
  ]);
});

test("requests and accounts in trouble stand in the order in which they happened", () => {
  const at = (minute: number) => `2026-05-01T12:0${minute}:00Z`;
  const status = { ...provider().status, state: "exhausted" as const, since: at(2) };
  const list = happenedLately(
    [trace({ id: "a", started_at: at(1) }), trace({ id: "b", started_at: at(3) })],
    [provider({ id: "p", status }), provider({ id: "well" })],
    3,
  );
  expect(list.map(({ key }) => key)).toEqual(["b", "state/p", "a"]);
  expect(happenedLately([], [], 5)).toEqual([]);
});
