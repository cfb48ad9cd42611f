import { expect, test } from "vitest";
import { model } from "../../../tests/samples";
import { exampleModel, snippets } from "./snippetText";

test("the example model is a plain name", () => {
  expect(exampleModel([model("agent:a"), model("codex/gpt-5"), model("gpt-5.1")])).toBe("gpt-5.1");
  expect(exampleModel(undefined)).toBe("gpt-5");
});

test("every snippet names the gateway and the model, and takes the token from the environment", () => {
  for (const { code } of snippets("http://gw:1/v1", "m-1")) {
    expect(code).toContain("http://gw:1/v1");
    expect(code).toContain("m-1");
    expect(code).toContain("GATEWAY_TOKEN");
  }
});
