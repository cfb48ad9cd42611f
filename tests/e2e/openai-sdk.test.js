// The official JavaScript SDK, unchanged, against the gateway.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import OpenAI from "openai";
import { calm, gateway, MEMBER, script, served, soon, token, usedUp } from "./harness.js";

const client = new OpenAI({ baseURL: `${gateway}/v1`, apiKey: token, maxRetries: 2 });
const model = "gpt-5.5";
const weather = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const person = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer" } },
  required: ["name", "age"],
  additionalProperties: false,
};

afterEach(calm);

test("a chat completion is answered, whole and streamed", async () => {
  const messages = [{ role: "user", content: "hello" }];
  const whole = await client.chat.completions.create({ model, messages });
  assert.match(whole.choices[0].message.content, /You said: hello/);
  assert.equal(whole.choices[0].finish_reason, "stop");
  assert.ok(whole.usage.total_tokens > 0);

  const options = { stream: true, stream_options: { include_usage: true } };
  let text = "";
  let usage;
  for await (const chunk of await client.chat.completions.create({ model, messages, ...options })) {
    text += chunk.choices[0]?.delta.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.match(text, /You said: hello/);
  assert.ok(usage.completion_tokens > 0);
});

test("a chat tool call comes with its arguments and its result is understood", async () => {
  const tools = [{ type: "function", function: { name: "get_weather", parameters: weather } }];
  const messages = [{ role: "user", content: 'get_weather {"city":"Hanoi"}' }];
  const runner = client.chat.completions.stream({ model, messages, tools });
  const asked = (await runner.finalChatCompletion()).choices[0];
  assert.equal(asked.finish_reason, "tool_calls");
  const call = asked.message.tool_calls[0];
  assert.deepEqual(JSON.parse(call.function.arguments), { city: "Hanoi" });
  messages.push(asked.message, { role: "tool", tool_call_id: call.id, content: "31 degrees" });
  const answer = await client.chat.completions.create({ model, messages, tools });
  assert.match(answer.choices[0].message.content, /31 degrees/);
});

test("chat with a JSON schema gives an instance of it", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "person", strict: true, schema: person } };
  const messages = [{ role: "user", content: "who?" }];
  const answer = await client.chat.completions.create({ model, messages, response_format });
  assert.deepEqual(Object.keys(JSON.parse(answer.choices[0].message.content)), ["name", "age"]);
});

test("a response is answered, whole and streamed", async () => {
  const whole = await client.responses.create({ model, input: "hello" });
  assert.match(whole.output_text, /You said: hello/);
  const stream = client.responses.stream({ model, input: "hello" });
  const types = [];
  stream.on("event", (event) => types.push(event.type));
  const final = await stream.finalResponse();
  assert.match(final.output_text, /You said: hello/);
  assert.equal(types[0], "response.created");
  assert.equal(types.at(-1), "response.completed");
  assert.ok(!types.some((type) => type.startsWith("codex.") || type === "keepalive"));
});

test("a tool call and a JSON schema work on the responses endpoint", async () => {
  const tools = [{ type: "function", name: "get_weather", parameters: weather, strict: true }];
  const input = [{ role: "user", content: 'get_weather {"city":"Hanoi"}' }];
  const asked = await client.responses.create({ model, input, tools });
  const call = asked.output.find((item) => item.type === "function_call");
  assert.deepEqual(JSON.parse(call.arguments), { city: "Hanoi" });
  input.push(...asked.output, { type: "function_call_output", call_id: call.call_id, output: "31 degrees" });
  assert.match((await client.responses.create({ model, input, tools })).output_text, /31 degrees/);

  const format = { type: "json_schema", name: "person", strict: true, schema: person };
  const answer = await client.responses.create({ model, input: "who?", text: { format } });
  assert.deepEqual(Object.keys(JSON.parse(answer.output_text)), ["name", "age"]);
});

test("a used-up account is a 429 with the reset, and is asked once", async () => {
  const before = await served(MEMBER);
  const reset = soon();
  await script(usedUp(reset), MEMBER);
  await assert.rejects(client.responses.create({ model: `${MEMBER}/gpt-5.5`, input: "hello" }), (refused) => {
    assert.equal(refused.status, 429);
    assert.equal(refused.code, "usage_limit_reached");
    assert.equal(refused.error.resets_at, reset);
    return true;
  });
  assert.equal((await served(MEMBER)) - before, 1, "the SDK did not repeat it");
});

test("a conversation whose account is used up goes on through another one", async () => {
  const ask = async (input) => {
    const request = client.responses.create({ model, input, prompt_cache_key: "used-up" });
    const { data, response } = await request.withResponse();
    const header = (name) => response.headers.get(`x-gateway-${name}`);
    return { text: data.output_text, provider: header("provider"), attempts: header("attempts") };
  };
  const first = await ask("hello");
  assert.equal(first.attempts, "1");
  await script(usedUp(), first.provider);
  const second = await ask("and again");
  assert.match(second.text, /You said: and again/);
  assert.equal(second.attempts, "2");
  assert.notEqual(second.provider, first.provider);
  const third = await ask("once more");
  assert.equal(third.attempts, "1", "the used-up account is left alone");
  assert.notEqual(third.provider, first.provider);
});

test("an unknown model is a 404 that lists what there is", async () => {
  await assert.rejects(client.responses.create({ model: "gpt-none", input: "x" }), (refused) => {
    assert.equal(refused.status, 404);
    assert.match(refused.message, /gpt-5\.5/);
    return true;
  });
  const models = [];
  for await (const entry of client.models.list()) models.push(entry.id);
  assert.ok(models.includes(model));
  assert.equal((await client.models.retrieve("openai-codex/gpt-5.5")).object, "model");
});
