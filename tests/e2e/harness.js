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

/** The providers of the demo's pool, and whose they are. `<member>/<model>` is that account alone. */
export const POOL = {
  "openai-codex": "ada@example.com",
  "codex-grace": "grace@example.com",
  "codex-linus": "linus@example.com",
};
/** A member of the pool, asked alone. */
export const MEMBER = "codex-grace";

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
export async function served(provider) {
  return (await control(`accounts/${POOL[provider]}`)).counters.responses;
}

/** Lets the account's next model request end in `script`; further ones queue up. */
export async function script(script, provider) {
  await control(`accounts/${POOL[provider]}/script`, { on: "responses", script });
}

/** The bodies of the account's last model requests, oldest first. */
export async function asked(provider) {
  const { last_requests } = await control(`accounts/${POOL[provider]}`);
  return last_requests.filter(({ path }) => path.endsWith("/codex/responses")).map(({ body }) => body);
}

/** When a window is over that ends soon: no test waits for a real one. */
export const soon = () => Math.floor(Date.now() / 1000) + 6;

/** What an account says that has used up its five hours. */
export function usedUp(resets_at = soon()) {
  const error = { type: "usage_limit_reached", message: "The usage limit has been reached", resets_at };
  return { kind: "status", status: 429, body: { error } };
}

/** Calls the gateway's own API. */
export async function api(path, method = "GET") {
  const headers = { authorization: `Bearer ${token}` };
  const response = await fetch(`${gateway}/v1/${path}`, { method, headers });
  assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
  return response.json();
}

/** Gives the condition some time to come true. */
export async function until(what, condition, seconds = 20) {
  const deadline = Date.now() + 1000 * seconds;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < deadline, `it did not come to pass: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Forgets what was scripted, and waits for the end of what the gateway holds against the accounts for it. */
export async function calm() {
  for (const [provider, account] of Object.entries(POOL)) {
    await control(`accounts/${account}/reset`, {});
    await api(`providers/${provider}/release`, "POST");
  }
  await until("every account is ready", async () => {
    const { providers } = await api("providers");
    return providers.every(({ name, status }) => !(name in POOL) || status.state === "ready");
  });
}
