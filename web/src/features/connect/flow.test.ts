import { expect, test } from "vitest";
import { loginStatus, pendingLogin } from "../../../tests/samples";
import { callbackOf, flowOf, pendingOf } from "./flow";

test("a sign-in under way is shown, also one that this dialog did not start", () => {
  const pending = pendingLogin();
  expect(flowOf(loginStatus({ pending }), null)).toEqual({ step: "waiting", pending });
});

test("the end of an older sign-in is not this one's", () => {
  const pending = pendingLogin({ login_id: "old", state: "failed", error: "denied" });
  expect(flowOf(loginStatus({ pending }), null)).toEqual({ step: "idle" });
});

test("the end of the watched sign-in is reported with its reason", () => {
  const failed = pendingLogin({ state: "failed", error: "denied" });
  expect(flowOf(loginStatus({ pending: failed }), "l1")).toEqual({ step: "failed", error: "denied" });
  const completed = pendingLogin({ state: "completed" });
  expect(flowOf(loginStatus({ pending: completed }), "l1")).toEqual({ step: "done" });
});

test("when the gateway keeps no record, the account tells how it ended", () => {
  expect(flowOf(loginStatus({ authenticated: true, state: "ready" }), "l1")).toEqual({ step: "done" });
  expect(flowOf(loginStatus(), "l1")).toEqual({ step: "failed", error: null });
});

test("an account that is signed in, with nothing under way, is idle", () => {
  expect(flowOf(loginStatus({ authenticated: true, state: "ready" }), null)).toEqual({ step: "idle" });
  expect(flowOf(undefined, "l1")).toEqual({ step: "idle" });
});

test("what waits is of one way", () => {
  const pending = pendingLogin({ method: "device" });
  expect(pendingOf({ step: "waiting", pending }, "device")).toBe(pending);
  expect(pendingOf({ step: "waiting", pending }, "browser")).toBeNull();
  expect(pendingOf({ step: "done" }, "device")).toBeNull();
});

test("the page of a sign-in says where the browser will land", () => {
  const waiting = (auth_url: string | null) =>
    callbackOf({ step: "waiting", pending: pendingLogin({ auth_url }) });
  const redirect = encodeURIComponent("http://localhost:1457/auth/callback");
  const named = waiting(`https://auth.example.com/authorize?redirect_uri=${redirect}&state=s`);
  expect([named.href, named.port]).toEqual(["http://localhost:1457/auth/callback", "1457"]);
  for (const none of [
    waiting(null),
    waiting("https://auth.example.com/authorize?state=s"),
    callbackOf({ step: "idle" }),
  ]) {
    expect(none.href).toBe("http://localhost:1455/auth/callback");
  }
});
