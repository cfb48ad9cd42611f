// The Codex CLI of npm, unchanged, with the gateway as its custom provider.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { api, asked, calm, gateway, MEMBER, POOL, script, served, token, until, usedUp } from "./harness.js";

const program = fileURLToPath(new URL("./node_modules/.bin/codex", import.meta.url));
let home;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "codex-home-"));
});
after(() => rm(home, { recursive: true, force: true }));
afterEach(calm);

/** Runs one turn; settings as the README tells them. */
function codex(prompt, model = "gpt-5.5") {
  const set = (key, value) => ["-c", `${key}=${value}`];
  const args = [
    "exec",
    "--skip-git-repo-check",
    "--dangerously-bypass-approvals-and-sandbox",
    ...set("model_provider", '"gateway"'),
    ...set("model_providers.gateway.name", '"gateway"'),
    ...set("model_providers.gateway.base_url", `"${gateway}/v1"`),
    ...set("model_providers.gateway.env_key", '"GATEWAY_API_KEY"'),
    ...set("model_providers.gateway.wire_api", '"responses"'),
    ...set("model", `"${model}"`),
    prompt,
  ];
  const env = { ...process.env, CODEX_HOME: home, GATEWAY_API_KEY: token };
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: home, env, stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
    });
    child.stderr.on("data", (data) => {
      out += data;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out }));
  });
}

test("a turn is answered", async () => {
  const { code, out } = await codex("Say hello.");
  assert.equal(code, 0, out);
  assert.match(out, /You said: Say hello\./);
});

test("a turn with a tool call completes", async () => {
  const { code, out } = await codex("[use-shell] please");
  assert.equal(code, 0, out);
  assert.match(out, /hello-from-tool/);
  assert.match(out, /The tool answered/);
});

test("a turn of a Responses-Lite model with a tool call completes", async () => {
  const { code, out } = await codex("[use-exec] please", "gpt-6-sol");
  assert.equal(code, 0, out);
  assert.match(out, /hello-from-tool/);
});

test("an overloaded upstream is asked once for a turn, not thirty times", async () => {
  const before = await served(MEMBER);
  const error = { code: "server_is_overloaded", message: "Our servers are currently overloaded." };
  await script({ kind: "status", status: 503, body: { error } }, MEMBER);
  const { code, out } = await codex("hello", `${MEMBER}/gpt-5.5`);
  assert.notEqual(code, 0, out);
  assert.equal((await served(MEMBER)) - before, 1, out);
});

/** The requests since then, oldest first, once there are so many: they are written down behind the answer. */
function requests(since, count) {
  return until(`${count} requests are written down`, async () => {
    const page = await api(`requests?from=${encodeURIComponent(since)}`);
    return page.requests.length >= count && page.requests.reverse();
  });
}

test("a turn whose account is used up between two steps ends through another one, and repeats nothing", async () => {
  await calm();
  const since = new Date().toISOString();
  // Whoever is chosen first serves the first step and refuses the second one.
  for (const provider of Object.keys(POOL)) {
    await script({ kind: "default" }, provider);
    await script(usedUp(), provider);
  }
  const { code, out } = await codex("[use-shell] please");
  assert.equal(code, 0, out);
  assert.match(out, /The tool answered/);

  const steps = await requests(since, 2);
  const seen = steps.map((it) => [it.status, it.attempt_count, it.used_failover]);
  assert.deepEqual(seen, [["completed", 1, false], ["completed", 2, true]], out);
  const [first, second] = steps.map((it) => it.provider_name);
  assert.notEqual(first, second);
  assert.deepEqual(steps[1].attempts.map((it) => [it.provider_name, it.cause]), [[first, "usage_limit"], [second, null]]);

  // The other account gets the whole turn, with the one call of the tool and its one result.
  const bodies = await asked(second);
  assert.equal(bodies.length, 1);
  const types = bodies[0].input.map(({ type }) => type);
  for (const type of ["function_call", "function_call_output"])
    assert.equal(types.filter((it) => it === type).length, 1, `${type}: ${types}`);
  assert.equal((await asked(first)).length, 2, "the used-up account was asked once for each step");
});
