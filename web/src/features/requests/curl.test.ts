import { expect, test } from "vitest";
import { curlOf } from "./curl";

test("the call names its route and model, and takes the key from the environment", () => {
  const text = curlOf(
    { endpoint: "chat_completions", model: "gpt-5", agent_key: null },
    "https://gw.example/v1",
  );
  expect(text).toContain("curl 'https://gw.example/v1/chat/completions' \\\n");
  expect(text).toContain('"Authorization: Bearer $GATEWAY_TOKEN"');
  expect(text).toContain('"model":"gpt-5","messages"');
});

test("a model's name cannot end the quotes that it stands in", () => {
  const text = curlOf({ endpoint: "responses", model: "a'; rm -rf '", agent_key: null }, "http://gw/v1");
  expect(text).toContain("'http://gw/v1/responses'");
  expect(text).toContain(`"a'\\''; rm -rf '\\''"`);
});

test("a run of an agent is asked for where its agent runs", () => {
  const text = curlOf({ endpoint: "runs", model: "agent:notes", agent_key: "notes" }, "http://gw/v1");
  expect(text).toContain("'http://gw/v1/agents/notes/runs'");
  expect(text).toContain(`'{"message":"Hello"}'`);
});
