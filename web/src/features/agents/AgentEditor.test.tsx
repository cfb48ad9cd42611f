import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Agent } from "@/api/types";
import { renderInApp } from "../../../tests/render";
import { agent, pooled, provider, tool } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { AgentEditor } from "./AgentEditor";

const models = ["gpt-5", "gpt-5-mini"].map((id) => ({ id, object: "model", thinking_levels: [] }));
const own = [{ id: "gpt-own", name: "gpt-own", context_window: null, thinking_levels: ["low"] }];
const TOOLS = [
  tool({ name: "read_file" }),
  tool({ name: "exec", enabled: false, reason: "tools.exec.enabled is false" }),
  tool({ name: "mcp_docs_search", source: "mcp:docs" }),
];

const routes = {
  "GET /v1/models": () => json({ object: "list", data: models }),
  "GET /v1/tools": () => json({ tools: TOOLS }),
  "GET /v1/agents": () => json({ agents: [] }),
};

async function show(edited: Agent | null, providers = [provider()], agents: Agent[] = []) {
  const onSaved = vi.fn();
  await renderInApp(
    <AgentEditor agent={edited} agents={agents} providers={providers} onSaved={onSaved} onClose={() => {}} />,
  );
  return { onSaved, user: userEvent.setup() };
}

test("an agent is made with the provider's own models and levels", async () => {
  const calls = stubGateway({
    ...routes,
    "GET /v1/providers/p1/models": () => json({ models: own, fetched_at: null }),
    "POST /v1/agents": () => json(agent(), 201),
  });
  const { onSaved, user } = await show(null, [provider()], [agent({ agent_key: "taken" })]);
  expect(screen.getByText(/Save the agent; then you can talk/)).toBeVisible();
  await user.type(screen.getByLabelText("Key"), "taken");
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.clear(screen.getByLabelText("Key"));
  await user.type(screen.getByLabelText("Key"), "writer");
  await user.selectOptions(screen.getByLabelText("Provider"), "openai-codex");
  await screen.findByRole("option", { name: "gpt-own" });
  await user.selectOptions(screen.getByLabelText("Model"), "gpt-own");
  await user.selectOptions(screen.getByLabelText("Thinking"), "low");
  await user.type(screen.getByLabelText("Most rounds of tools"), "x");
  expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
  await user.clear(screen.getByLabelText("Most rounds of tools"));
  await user.type(screen.getByLabelText("Workspace"), "/srv/writer");
  await user.click(screen.getByLabelText("read_file"));
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onSaved).toHaveBeenCalledWith("writer"));
  expect(calls.find(({ route }) => route === "POST /v1/agents")?.body).toEqual({
    agent_key: "writer",
    display_name: null,
    provider: "openai-codex",
    model: "gpt-own",
    system_prompt: null,
    workspace: "/srv/writer",
    tools_config: { allow: ["read_file"] },
    other_config: { thinking_level: "low" },
  });
});

test("an agent from the file is shown and cannot be changed", async () => {
  stubGateway(routes);
  await show(agent({ id: null, managed_by: "file" }));
  expect(screen.getByLabelText("System prompt")).toBeDisabled();
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});

test("a tool that is not available says why, and a server's tools can be taken as a whole", async () => {
  const calls = stubGateway({ ...routes, "PUT /v1/agents/reviewer": () => json(agent()) });
  const { user } = await show(agent({ tools_config: { allow: ["*"] } }));
  expect(await screen.findByLabelText("exec")).toBeChecked();
  expect(screen.getByText("Not available: tools.exec.enabled is false")).toBeVisible();
  await user.click(screen.getByLabelText("exec"));
  await user.click(screen.getByLabelText("All tools of docs, also those it gets later"));
  expect(screen.getByLabelText("mcp_docs_search")).not.toBeChecked();
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(calls.some(({ route }) => route.startsWith("PUT"))).toBe(true));
  expect(calls.find(({ route }) => route.startsWith("PUT"))?.body).toMatchObject({
    tools_config: { allow: ["*"], deny: ["exec", "mcp:docs"] },
  });
});

test("the routing says in words what it comes to", async () => {
  stubGateway(routes);
  const accounts = pooled(["openai-codex", "alice", "bob"], "round_robin");
  const { user } = await show(agent({ other_config: {} }), accounts);
  const preview = screen.getByTestId("routing-preview");
  expect(preview).toHaveTextContent("shared out in turn over openai-codex, alice, bob");
  await user.selectOptions(screen.getByLabelText("Which accounts answer"), "custom");
  expect(preview).toHaveTextContent("go to openai-codex first; when it cannot serve, to alice or bob.");
  await user.selectOptions(screen.getByLabelText("Accounts of the pool"), "some");
  await user.click(screen.getByLabelText("bob"));
  expect(preview).toHaveTextContent("go to openai-codex first; when it cannot serve, to bob.");
  await user.selectOptions(screen.getByLabelText("Accounts of the pool"), "owner");
  expect(preview).toHaveTextContent("go to openai-codex alone");
});

test("the chat beside the form says that it does not know what is not saved", async () => {
  stubGateway(routes);
  const { user } = await show(agent());
  const chat = screen.getByRole("region", { name: "Conversation" });
  expect(within(chat).getByText(/Ask the agent, as it is saved/)).toBeVisible();
  expect(screen.queryByText(/your changes are not in it yet/)).toBeNull();
  await user.type(screen.getByLabelText("System prompt"), "!");
  expect(screen.getByText(/your changes are not in it yet/)).toBeVisible();
  expect(screen.getByText("There are unsaved changes.")).toBeVisible();
});
