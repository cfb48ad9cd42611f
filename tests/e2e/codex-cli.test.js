// The Codex CLI of npm, unchanged, with the gateway as its custom provider.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gateway, script, served, token } from "./harness.js";

const program = fileURLToPath(new URL("./node_modules/.bin/codex", import.meta.url));
let home;
before(async () => {
  home = await mkdtemp(join(tmpdir(), "codex-home-"));
});
after(() => rm(home, { recursive: true, force: true }));

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
  const before = await served();
  const error = { code: "server_is_overloaded", message: "Our servers are currently overloaded." };
  await script({ kind: "status", status: 503, body: { error } });
  const { code, out } = await codex("hello");
  assert.notEqual(code, 0, out);
  assert.equal((await served()) - before, 1, out);
});
