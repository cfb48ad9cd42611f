import { expect, test } from "vitest";
import { model } from "../../../tests/samples";
import { defaultModel, groupModels } from "./modelGroups";

const MODELS = ["agent:reviewer", "codex/gpt-5", "gpt-5", "gpt-5"].map(model);

test("agents, plain models and one account's models are told apart", () => {
  expect(groupModels(MODELS, "")).toEqual({
    agents: ["agent:reviewer"],
    plain: ["gpt-5"],
    pinned: ["codex/gpt-5"],
  });
});

test("the model in the address stays choosable although it is not listed", () => {
  expect(groupModels(MODELS, "gone").plain).toEqual(["gpt-5", "gone"]);
});

test("a plain model is the default, an agent where there is none", () => {
  expect(defaultModel(MODELS)).toBe("gpt-5");
  expect(defaultModel([model("agent:a")])).toBe("agent:a");
  expect(defaultModel(undefined)).toBe("");
});
