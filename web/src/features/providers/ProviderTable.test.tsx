import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { ProviderTable } from "./ProviderTable";

const noop = { onConnect: () => {}, onEdit: () => {} };

test("a row says the state in words, who it is and what it offers", async () => {
  stubGateway({});
  const status = {
    state: "needs_reauth" as const,
    since: "2026-05-01T12:00:00Z",
    reason: "revoked",
    until: null,
  };
  const onConnect = vi.fn();
  await renderInApp(<ProviderTable {...noop} onConnect={onConnect} providers={[provider({ status })]} />);
  for (const text of ["Needs sign-in", "revoked", "ada@example.com", "plus", "4 models"]) {
    expect(screen.getByText(text)).toBeVisible();
  }
  await userEvent.setup().click(screen.getByRole("button", { name: "Reconnect" }));
  expect(onConnect).toHaveBeenCalledWith("openai-codex");
});

test("removing asks for the name, and says what still uses the provider", async () => {
  const body = {
    error: "the provider is in use",
    code: "in_use",
    dependents: { agents: ["reviewer"], pools: [] },
  };
  const calls = stubGateway({ "DELETE /v1/providers/p1": () => json(body, 409) });
  await renderInApp(<ProviderTable {...noop} providers={[provider()]} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More actions for openai-codex" }));
  await user.click(await screen.findByRole("menuitem", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog");
  const remove = within(dialog).getByRole("button", { name: "Remove" });
  expect(remove).toBeDisabled();
  await user.type(within(dialog).getByLabelText("Type openai-codex to confirm"), "openai-codex");
  await user.click(remove);
  await screen.findByText("Used by agent reviewer");
  expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(true);
});

test("switching off sends only that", async () => {
  const calls = stubGateway({ "PUT /v1/providers/p1": () => json({ status: "updated" }) });
  await renderInApp(<ProviderTable {...noop} providers={[provider()]} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More actions for openai-codex" }));
  await user.click(await screen.findByRole("menuitem", { name: "Switch off" }));
  await waitFor(() => expect(calls[0]?.body).toEqual({ enabled: false }));
});
