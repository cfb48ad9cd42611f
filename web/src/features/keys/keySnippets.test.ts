import { expect, test } from "vitest";
import { keySnippets, modelOf, VARIABLE } from "./keySnippets";

const KEY = "gw_0123456789";
const list = keySnippets("https://gw.example/v1", "gpt-5", KEY);

test("every snippet hands the key over by the environment, and names the gateway", () => {
  expect(list.map(({ id }) => id)).toEqual(["curl", "python", "node", "codex", "other"]);
  for (const { code } of list) {
    expect(code).toContain(`export ${VARIABLE}="${KEY}"`);
    // Once, to be exported: no program holds it.
    expect(code.split(KEY)).toHaveLength(2);
    expect(code).toContain("https://gw.example/v1");
  }
});

test("the Codex CLI is told of the variable and of the Responses dialect", () => {
  const codex = list.find(({ id }) => id === "codex")?.code;
  expect(codex).toContain(`env_key = "${VARIABLE}"`);
  expect(codex).toContain('wire_api = "responses"');
  expect(codex).toContain("[model_providers.gateway]");
});

test("the example asks for what the key may use", () => {
  expect(modelOf({ models: null, agents: null }, "gpt-5")).toBe("gpt-5");
  expect(modelOf({ models: ["gpt-5-mini"], agents: null }, "gpt-5")).toBe("gpt-5-mini");
  expect(modelOf({ models: null, agents: ["reviewer"] }, "gpt-5")).toBe("agent:reviewer");
});
