import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { agent, provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { AgentForm } from "./AgentForm";

const models = ["gpt-5", "gpt-5-mini"].map((id) => ({ id, object: "model", created: 0, owned_by: "x" }));
const own = [{ id: "gpt-own", name: "gpt-own", context_window: null, thinking_levels: ["low"] }];

test("an agent is made with the provider's own models and levels", async () => {
  const calls = stubGateway({
    "GET /v1/models": () => json({ object: "list", data: models }),
    "GET /v1/providers/p1/models": () => json({ models: own, fetched_at: null }),
    "POST /v1/agents": () => json(agent(), 201),
  });
  const onClose = vi.fn();
  await renderInApp(<AgentForm agent={null} providers={[provider()]} taken={["taken"]} onClose={onClose} />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Key"), "taken");
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.clear(screen.getByLabelText("Key"));
  await user.type(screen.getByLabelText("Key"), "writer");
  await user.selectOptions(screen.getByLabelText("Provider"), "openai-codex");
  await screen.findByRole("option", { name: "gpt-own" });
  await user.selectOptions(screen.getByLabelText("Model"), "gpt-own");
  await user.selectOptions(screen.getByLabelText("Thinking"), "low");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(calls.find(({ route }) => route === "POST /v1/agents")?.body).toMatchObject({
    agent_key: "writer",
    provider: "openai-codex",
    model: "gpt-own",
    other_config: { thinking_level: "low" },
  });
});

test("an agent from the file is shown and cannot be changed", async () => {
  stubGateway({ "GET /v1/models": () => json({ object: "list", data: models }) });
  const fromFile = agent({ id: null, managed_by: "file" });
  await renderInApp(<AgentForm agent={fromFile} providers={[]} taken={[]} onClose={() => {}} />);
  expect(screen.getByLabelText("System prompt")).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});
