import { expect, test } from "vitest";
import { toApiError } from "@/api/errors";
import { provider } from "../../../tests/samples";
import { dependentsOf } from "./dependents";
import { draftOf, toCreate, toUpdate } from "./providerDraft";

const TYPES = [
  {
    type: "openrouter",
    name: "OpenRouter",
    default_api_base: "https://openrouter.ai/api/v1",
    needs_api_key: true,
  },
  { type: "openai_compat", name: "OpenAI-compatible", default_api_base: null, needs_api_key: false },
];

test("a new provider starts as an OpenAI-compatible one", () => {
  expect(draftOf(null, TYPES)).toMatchObject({ type: "openai_compat", apiBase: "", apiKey: "" });
});

test("the stored key is never in the form, and an empty one keeps it", () => {
  const draft = draftOf(provider({ api_key: "***", api_base: "http://x/v1" }), TYPES);
  expect(draft.apiKey).toBe("");
  expect(toUpdate(draft)).toEqual({ display_name: null, api_base: "http://x/v1" });
  expect(toUpdate({ ...draft, apiKey: " k " })).toMatchObject({ api_key: "k" });
});

test("texts are trimmed, and empty ones are left unset", () => {
  const draft = { type: "openai_compat", name: " a ", displayName: " ", apiBase: " http://x ", apiKey: "" };
  expect(toCreate(draft)).toEqual({
    name: "a",
    provider_type: "openai_compat",
    display_name: null,
    api_base: "http://x",
    enabled: true,
  });
});

test("a refused removal tells what still uses the provider", () => {
  const body = { error: "in use", code: "in_use", dependents: { agents: ["reviewer"], pools: [1, "main"] } };
  expect(dependentsOf(toApiError(409, body))).toEqual({ agents: ["reviewer"], pools: ["main"] });
  expect(dependentsOf(toApiError(409, { error: "no", code: "other" }))).toBeNull();
});
