import { expect, test, vi } from "vitest";
import { json, stubGateway } from "../../tests/stubGateway";
import { client, onUnauthorized, unwrap } from "./client";
import { isReachable } from "./connection";
import { ApiError, ConnectionError } from "./errors";
import { fetchSession } from "./session";

const overview = () => unwrap(client.GET("/v1/overview"));

test("only calls that change something carry the CSRF header", async () => {
  const calls = stubGateway({
    "GET /v1/overview": () => json({}),
    "POST /v1/auth/chatgpt/{provider}/cancel": () => json({ status: "cancelled" }),
    "POST /v1/auth/chatgpt/a/cancel": () => json({ status: "cancelled" }),
  });
  await overview();
  await unwrap(
    client.POST("/v1/auth/chatgpt/{provider}/cancel", { params: { path: { provider: "a" } }, body: {} }),
  );
  expect(calls.map(({ headers }) => headers.get("x-gateway-csrf"))).toEqual([null, "1"]);
});

test("a refusal keeps its text, code and request id", async () => {
  stubGateway({ "GET /v1/overview": () => json({ error: "no", code: "forbidden", request_id: "q1" }, 403) });
  const error = await overview().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ message: "no", code: "forbidden", requestId: "q1", status: 403 });
});

test("a refusal without a readable body still says its status", async () => {
  stubGateway({ "GET /v1/overview": () => new Response("<h1>Bad gateway</h1>", { status: 502 }) });
  await expect(overview()).rejects.toThrow("HTTP 502");
  expect(isReachable()).toBe(false);
});

test("an OpenAI-shaped error is read as well", async () => {
  stubGateway({
    "GET /v1/overview": () => json({ error: { message: "slow down", code: "rate_limited" } }, 429),
  });
  await expect(overview()).rejects.toMatchObject({ message: "slow down", code: "rate_limited" });
});

test("a gateway that does not answer is unreachable until it answers again", async () => {
  stubGateway({ "GET /v1/overview": () => Promise.reject(new TypeError("Failed to fetch")) });
  await expect(overview()).rejects.toBeInstanceOf(ConnectionError);
  expect(isReachable()).toBe(false);
  stubGateway({ "GET /v1/overview": () => json({}) });
  await overview();
  expect(isReachable()).toBe(true);
});

test("a 401 is announced, but not the session's own", async () => {
  const announced = vi.fn();
  const stop = onUnauthorized(announced);
  const denied = () => json({ error: "signed out", code: "unauthorized" }, 401);
  stubGateway({ "GET /v1/overview": denied, "GET /v1/auth/session": denied });
  expect(await fetchSession()).toBeNull();
  expect(announced).not.toHaveBeenCalled();
  await overview().catch(() => {});
  expect(announced).toHaveBeenCalledOnce();
  stop();
});
