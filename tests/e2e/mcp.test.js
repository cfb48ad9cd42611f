// MCP's official TypeScript SDK against the gateway's own /mcp.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { calm, gateway, POOL, token } from "./harness.js";

const connect = async (bearer) => {
  const transport = new StreamableHTTPClientTransport(new URL(`${gateway}/mcp`), {
    requestInit: { headers: { authorization: `Bearer ${bearer}` } },
  });
  const client = new Client({ name: "gateway-tests", version: "1" });
  await client.connect(transport);
  return client;
};

let client;
before(async () => {
  await calm();
  client = await connect(token);
});
after(() => client?.close());

const call = async (name, args = {}) => {
  const result = await client.callTool({ name, arguments: args });
  return { ...result, text: result.content.map(({ text }) => text).join("") };
};

test("the gateway's tools are listed with schemas", async () => {
  assert.equal(client.getServerVersion().name, "gateway");
  const { tools } = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name), ["pool_status", "quota", "list_agents", "ask_agent"]);
  for (const { inputSchema, description } of tools) {
    assert.equal(inputSchema.type, "object");
    assert.ok(description);
  }
  await client.ping();
});

test("the pool, its accounts and their quota are told", async () => {
  const { structuredContent, text } = await call("pool_status");
  assert.deepEqual(JSON.parse(text), structuredContent);
  const [pool] = structuredContent.pools;
  assert.deepEqual(pool.accounts, Object.keys(POOL));
  const account = structuredContent.accounts.find(({ name }) => name === "openai-codex");
  assert.equal(account.status.state, "ready");
  assert.ok(account.quota.windows.length > 0);
  const { structuredContent: quota } = await call("quota");
  assert.ok(quota.providers.some(({ provider_name }) => provider_name === "openai-codex"));
});

test("an agent is asked, and a wrong name is an error that names it", async () => {
  const response = await fetch(`${gateway}/v1/agents`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ agent_key: "mcp-helper", model: "gpt-5.5" }),
  });
  assert.equal(response.status, 201, await response.clone().text());
  try {
    const { structuredContent } = await call("list_agents");
    assert.ok(structuredContent.agents.some(({ agent_key }) => agent_key === "mcp-helper"));
    const answer = await call("ask_agent", { agent: "mcp-helper", message: "hello from MCP" });
    assert.ok(!answer.isError && answer.text.includes("You said: hello from MCP"), answer.text);
    const refused = await call("ask_agent", { agent: "nobody", message: "hello" });
    assert.ok(refused.isError && refused.text.includes("nobody"), refused.text);
  } finally {
    await fetch(`${gateway}/v1/agents/mcp-helper`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${token}` },
    });
  }
});

test("wrong arguments and a wrong key are refused", async () => {
  await assert.rejects(call("quota", { x: 1 }), /unknown field/);
  await assert.rejects(connect("wrong"), /token is required|401|Unauthorized/i);
});
