import { expect, test } from "vitest";
import { attention, capacity, capacityWindow, overview } from "../../../tests/insight";
import { headlineOf } from "./headline";

const LASTS = capacity(capacityWindow(), capacityWindow({ kind: "weekly", label: "w" }));
const runsOut = (label: string, at: string | null) =>
  capacityWindow({
    label,
    forecast: { verdict: "runs_out", runs_out_at: at, text: "", points: [] },
  });

test("all is well when every window lasts and nothing waits", () => {
  expect(headlineOf(overview(), LASTS)).toMatchObject({ code: "lasts", tone: "good", ready: 3, total: 3 });
});

test("what nobody can foresee is not called well", () => {
  expect(headlineOf(overview(), undefined).code).toBe("unknown");
  expect(headlineOf(overview(), capacity()).code).toBe("unknown");
  const unknown = capacityWindow({
    forecast: { verdict: "unknown", runs_out_at: null, text: "", points: [] },
  });
  expect(headlineOf(overview(), capacity(capacityWindow(), unknown)).code).toBe("unknown");
});

test("of the windows that run out, the one that ends first is spoken of", () => {
  const said = headlineOf(
    overview({ attention: [attention()] }),
    capacity(runsOut("late", "2026-05-02T00:00:00Z"), runsOut("soon", "2026-05-01T13:00:00Z")),
  );
  expect([said.code, said.tone, said.window?.label]).toEqual(["runs_out", "warn", "soon"]);
});

test("what is worse is said instead of what is less bad", () => {
  const empty = capacity(capacityWindow({ remaining_percent: 0 }), runsOut("w", null));
  const providers = { ...overview().providers, ready: 0 };
  const incident = { cause: "timeout", since: "2026-05-01T12:00:00Z", accounts: 3 };
  expect(headlineOf(overview(), empty).code).toBe("empty");
  expect(headlineOf(overview({ providers }), empty).code).toBe("nobody");
  expect(headlineOf(overview({ providers, incident }), empty).code).toBe("incident");
  expect(headlineOf(overview({ providers: { ...providers, total: 0 } }), empty).code).toBe("none");
});

test("accounts that were switched off are not missed, and only what is urgent waits", () => {
  const items = [attention(), attention({ kind: "running_out", severity: "soon" })];
  const providers = { ...overview().providers, total: 4, disabled: 1 };
  expect(headlineOf(overview({ attention: items, providers }), LASTS)).toMatchObject({
    code: "waits",
    waiting: 1,
    total: 3,
  });
});
