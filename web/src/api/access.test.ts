import { afterEach, expect, test } from "vitest";
import { json, stubGateway } from "../../tests/stubGateway";
import { fetchLoginStatus } from "./chatgpt";
import { actByInvitation, onUnauthorized } from "./client";
import { ApiError } from "./errors";
import { fetchKeys } from "./keys";
import { fetchMe } from "./me";
import { fetchSession, signInWithPassword } from "./session";
import { chooseTenant, chosenTenant } from "./tenant";

const session = {
  role: "admin",
  tenant: { id: "t1", slug: "main", name: "Main" },
  version: "1",
  demo: false,
};

afterEach(() => actByInvitation(null));

test("a chosen tenant is named in every call, but not beside a key of somebody else's", async () => {
  const calls = stubGateway({ "GET /v1/keys": () => json({ keys: [] }), "GET /v1/me": () => json({}) });
  await fetchKeys();
  chooseTenant("lab");
  await fetchKeys();
  await fetchMe("gw_secret");
  expect(calls.map(({ headers }) => headers.get("x-gateway-tenant-id"))).toEqual([null, "lab", null]);
  expect(calls[2]?.headers.get("authorization")).toBe("Bearer gw_secret");
});

test("a tenant that is gone is forgotten, and the own one is shown", async () => {
  chooseTenant("gone");
  stubGateway({
    "GET /v1/auth/session": ({ headers }) =>
      headers.has("x-gateway-tenant-id")
        ? json({ error: "tenant not found", code: "not_found" }, 404)
        : json(session),
  });
  expect(await fetchSession()).toEqual(session);
  expect(chosenTenant()).toBeNull();
});

test("the holder of an invitation signs an account in with it, and names no tenant", async () => {
  const calls = stubGateway({ "GET /v1/auth/chatgpt/new/status": () => json({ authenticated: false }) });
  chooseTenant("lab");
  actByInvitation("inv_1");
  await fetchLoginStatus("new");
  expect(calls[0]?.headers.get("x-gateway-invitation")).toBe("inv_1");
  expect(calls[0]?.headers.has("x-gateway-tenant-id")).toBe(false);
});

test("a wrong password says nothing of this browser's session, and how long to wait is kept", async () => {
  let out = 0;
  const stop = onUnauthorized(() => {
    out += 1;
  });
  let status = 401;
  stubGateway({
    "POST /v1/auth/sign-in": () =>
      new Response(JSON.stringify({ error: "no", code: "x" }), {
        status,
        headers: { "content-type": "application/json", ...(status === 429 && { "retry-after": "30" }) },
      }),
  });
  const attempt = () =>
    signInWithPassword({ email: "a@b.c", password: "x" }).catch((error: ApiError) => error);
  expect(await attempt()).toBeInstanceOf(ApiError);
  status = 429;
  expect(await attempt()).toMatchObject({ retryAfter: 30, code: "x" });
  expect(out).toBe(0);
  stop();
});
