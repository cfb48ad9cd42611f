import i18next from "i18next";
import { expect, test } from "vitest";
import en from "@/i18n/locales/en.json";
import { CAUSES, FAULTS, faultOf } from "./catalogue";

test("every entry has a title and what to do, and no words are without an entry", () => {
  for (const fault of FAULTS) {
    expect([fault, i18next.exists(`faults.${fault}.title`)]).toEqual([fault, true]);
    expect([fault, i18next.exists(`faults.${fault}.help`)]).toEqual([fault, true]);
  }
  expect(Object.keys(en.faults).sort()).toEqual([...FAULTS].sort());
});

test("every cause that requests can be filtered by has an entry of its own", () => {
  expect(CAUSES.map((cause) => faultOf({ cause }))).toEqual([...CAUSES]);
});

test("the code tells more than the cause", () => {
  expect(faultOf({ cause: "client", code: "context_length_exceeded" })).toBe("too_long");
  expect(faultOf({ cause: "usage_limit", code: "of_tomorrow" })).toBe("usage_limit");
  expect(faultOf({ cause: "of_tomorrow", code: null })).toBeNull();
  expect(faultOf({})).toBeNull();
});

test("a refused fresh token is told from the upstream's word for it", () => {
  expect(faultOf({ code: "rejected:account_deactivated" })).toBe("deactivated");
  expect(faultOf({ code: "rejected:token_expired" })).toBe("rejected");
  expect(faultOf({ code: "rejected:whatever" })).toBe("rejected");
  expect(faultOf({ code: "refresh_interrupted:refresh_token_reused" })).toBe("interrupted");
  expect(faultOf({ code: "constructor" })).toBeNull();
});
