// What the tests share: where the gateway is, and the simulator behind it. `.ci/e2e.sh` starts both.
import assert from "node:assert/strict";

const need = (name) => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run \`make test\``);
  return value;
};

export const gateway = need("GATEWAY_URL");
export const token = need("GATEWAY_TOKEN");
const simulator = need("SIMULATOR_URL");

/** The account that serves plain model names in the demo. */
export const ACCOUNT = "ada@example.com";

/** Calls the simulator's control API. */
export async function control(path, body) {
  const response = await fetch(`${simulator}/__sim/${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response.json().catch(() => null);
}

/** How many model requests an account has had. */
export async function served(account = ACCOUNT) {
  return (await control(`accounts/${account}`)).counters.responses;
}

/** Lets the account's next model request end in `script`. */
export async function script(script, account = ACCOUNT) {
  await control(`accounts/${account}/script`, { on: "responses", script });
}
