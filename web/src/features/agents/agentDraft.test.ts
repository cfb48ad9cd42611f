import { expect, test } from "vitest";
import { withCurrent } from "@/components/withCurrent";
import { agent, model } from "../../../tests/samples";
import { agentDraftOf, toAgentInput, validNumber } from "./agentDraft";
import { levelsOf, modelNames } from "./modelChoices";

test("saving without a change changes nothing, also what the form does not show", () => {
  const { agent_key: _key, ...sent } = toAgentInput(agentDraftOf(agent()), agent());
  expect(sent).toEqual({
    display_name: "Reviewer",
    provider: null,
    model: "gpt-5",
    system_prompt: "Be short.",
    workspace: null,
    max_tool_iterations: 20,
    context_window: 200_000,
    tools_config: {},
    other_config: agent().other_config,
  });
});

test("a cleared field is taken away, not sent as an empty text", () => {
  const draft = { ...agentDraftOf(agent()), displayName: " ", thinkingLevel: "", maxTokens: "" };
  const input = toAgentInput(draft, agent());
  expect(input.display_name).toBeNull();
  expect(input.other_config).toEqual({ chatgpt_oauth_routing: { strategy: "round_robin" } });
});

test("only a new agent sends its key", () => {
  const draft = { ...agentDraftOf(null), key: " writer " };
  expect(toAgentInput(draft, null).agent_key).toBe("writer");
  expect(toAgentInput(agentDraftOf(agent()), agent())).not.toHaveProperty("agent_key");
});

test("the limit is a whole number above zero, or nothing", () => {
  for (const good of ["", " ", "1", "4000"]) expect(validNumber(good)).toBe(true);
  for (const bad of ["0", "-1", "1.5", "1e3", "x"]) expect(validNumber(bad)).toBe(false);
});

test("the list of models holds plain names, and the current choice even when it is gone", () => {
  const all = ["gpt-5", "agent:a", "codex/gpt-5"].map(model);
  expect(modelNames(undefined, all)).toEqual(["gpt-5"]);
  expect(withCurrent(["gpt-5"], "gone")).toEqual(["gone", "gpt-5"]);
  expect(withCurrent(["gpt-5"], "")).toEqual(["gpt-5"]);
});

test("the thinking levels are the model's own where it names them", () => {
  const model = { id: "m", name: "m", context_window: null, thinking_levels: ["low"] };
  expect(levelsOf(model)).toEqual(["off", "low"]);
  expect(levelsOf(undefined)).toContain("medium");
});
