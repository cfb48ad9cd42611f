import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { Provider } from "@/api/types";
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
    model_blocks: [],
  };
  const onConnect = vi.fn();
  await renderInApp(<ProviderTable {...noop} onConnect={onConnect} rows={[provider({ status })]} />);
  for (const text of ["Needs sign-in", "revoked", "ada@example.com", "plus", "4 models"]) {
    expect(screen.getByText(text)).toBeVisible();
  }
  await userEvent.setup().click(screen.getByRole("button", { name: "Reconnect" }));
  expect(onConnect).toHaveBeenCalledWith("openai-codex");
});

test("why is said in the words of the page, and a code that it does not know as it came", async () => {
  stubGateway({});
  const reasons = {
    "rejected:unauthorized": "the upstream refuses its fresh token",
    "rejected:account_deactivated": "the account is deactivated",
    "refresh_interrupted:refresh_token_reused": "a renewal was interrupted, and its token is spent",
    refresh_token_reused: "another program used its refresh token",
    moon_phase: "moon_phase",
  };
  const status = { ...provider().status, state: "needs_reauth" as const };
  const providers = Object.keys(reasons).map((reason) =>
    provider({ id: reason, name: reason, status: { ...status, reason } }),
  );
  await renderInApp(<ProviderTable {...noop} rows={providers} />);
  for (const [code, words] of Object.entries(reasons)) {
    const row = document.querySelector(`[data-provider="${code}"]`) as HTMLElement;
    expect(within(row).getByTitle((title) => title.includes(code))).toHaveTextContent(words);
  }
});

test("a model that is left alone is said, with its end, and can be tried again", async () => {
  stubGateway({});
  const until = new Date(Date.now() + 600_000).toISOString();
  const over = new Date(Date.now() - 60_000).toISOString();
  const model_blocks = [
    { model: "gpt-5.5", reason: "overload", until },
    { model: "gpt-old", reason: "overload", until: over },
  ];
  const providers = [provider({ status: { ...provider().status, model_blocks } })];
  await renderInApp(<ProviderTable {...noop} rows={providers} />);
  expect(screen.getByText("Ready")).toBeVisible();
  expect(screen.getByText(/gpt-5.5 paused until/)).toHaveTextContent(/\d:\d\d.* · overloaded$/);
  expect(screen.queryByText(/gpt-old/)).toBeNull();
  expect(screen.getByRole("button", { name: "Try again now: openai-codex" })).toBeVisible();
});

test("removing asks for the name; what is in use is taken out first, after asking again", async () => {
  const body = {
    error: "the provider is in use",
    code: "in_use",
    dependents: { agents: ["reviewer"], pools: ["main-pool"] },
  };
  let detached = false;
  stubGateway({
    "DELETE /v1/providers/p1": ({ query }) => {
      detached = query.get("detach") === "true";
      return detached ? json({ status: "deleted" }) : json(body, 409);
    },
  });
  await renderInApp(<ProviderTable {...noop} rows={[provider()]} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More actions for openai-codex" }));
  await user.click(await screen.findByRole("menuitem", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog");
  const remove = within(dialog).getByRole("button", { name: "Remove" });
  expect(remove).toBeDisabled();
  await user.type(within(dialog).getByLabelText("Type openai-codex to confirm"), "openai-codex");
  await user.click(remove);
  await screen.findByText("Used by agent reviewer");
  expect(screen.getByText("Member of the pool of main-pool")).toBeVisible();
  expect(detached).toBe(false);
  await user.click(within(dialog).getByRole("button", { name: "Take out and remove" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(detached).toBe(true);
});

test("a pause is said with its end, in words beside the colour", async () => {
  stubGateway({});
  const until = new Date(Date.now() + 600_000).toISOString();
  const states = ["cooling_down", "exhausted"] as const;
  const providers = states.map((state, index) =>
    provider({
      id: `p${index}`,
      name: state,
      status: { state, since: until, reason: null, until, model_blocks: [] },
    }),
  );
  await renderInApp(<ProviderTable {...noop} rows={providers} />);
  expect(screen.getByText("Cooling down")).toBeVisible();
  expect(screen.getByText("Quota used up")).toBeVisible();
  for (const time of document.querySelectorAll("time")) {
    expect(time).toHaveAttribute("datetime", until);
    expect(time.title).toMatch(/\d{4}/);
  }
});

test("an account that is held back is tried again at once when a person says so", async () => {
  const calls = stubGateway({ "POST /v1/providers/p2/release": () => json({ status: "released" }) });
  const status = {
    state: "exhausted" as const,
    since: "2026-05-01T12:00:00Z",
    reason: null,
    until: null,
    model_blocks: [],
  };
  const providers = [provider(), provider({ id: "p2", name: "codex-linus", status })];
  await renderInApp(<ProviderTable {...noop} rows={providers} />);
  const [button, ...others] = screen.getAllByRole("button", { name: /Try again now/ });
  expect(others).toEqual([]);
  expect(button).toHaveAccessibleName("Try again now: codex-linus");
  await userEvent.setup().click(button as HTMLElement);
  await waitFor(() => expect(calls.map(({ route }) => route)).toContain("POST /v1/providers/p2/release"));
});

test("a viewer can open nothing that would be refused, and is told why", async () => {
  const calls = stubGateway({});
  const onConnect = vi.fn();
  const onEdit = vi.fn();
  await renderInApp(<ProviderTable onEdit={onEdit} onConnect={onConnect} rows={[provider()]} />, "viewer");
  const user = userEvent.setup();
  for (const name of ["Reconnect", "More actions for openai-codex"]) {
    const button = screen.getByRole("button", { name });
    expect(button).toHaveAccessibleDescription(/signed in as Viewer/);
    await user.click(button);
  }
  await user.click(screen.getByText("Ready"));
  expect(onConnect).not.toHaveBeenCalled();
  expect(onEdit).not.toHaveBeenCalled();
  expect(screen.queryByRole("menu")).toBeNull();
  expect(calls).toEqual([]);
});

test("a check is asked for in the menu, and answered in the row", async () => {
  stubGateway({
    "POST /v1/providers/p1/verify": () => json({ valid: true }),
    "POST /v1/providers/p2/verify": () => json({ valid: false, error: "no answer for ada@example.com" }),
  });
  const rows = [provider(), provider({ id: "p2", name: "codex-linus" })];
  await renderInApp(<ProviderTable {...noop} rows={rows} />);
  const user = userEvent.setup();
  for (const name of ["openai-codex", "codex-linus"]) {
    await user.click(screen.getByRole("button", { name: `More actions for ${name}` }));
    await user.click(await screen.findByRole("menuitem", { name: "Verify" }));
  }
  const row = (name: string) => within(document.querySelector(`[data-provider="${name}"]`) as HTMLElement);
  expect(await row("openai-codex").findByText("Verified: it answers.")).toBeVisible();
  const refused = await row("codex-linus").findByText(/Verification failed/);
  expect(refused).toHaveTextContent("Verification failed: no answer for ada@example.com");
  expect(within(refused).getByText("ada@example.com")).toHaveClass("email");
});

test("an account is found by its address, and a press on its row opens its form", async () => {
  stubGateway({});
  const onEdit = vi.fn();
  const account = { ...provider().account, email: "linus@example.com" } as Provider["account"];
  const rows = [provider(), provider({ id: "p2", name: "codex-linus", account })];
  await renderInApp(<ProviderTable {...noop} onEdit={onEdit} rows={rows} />);
  const user = userEvent.setup();
  await user.type(screen.getByRole("searchbox"), "linus@ ready");
  await waitFor(() => expect(screen.queryByText("ada@example.com")).toBeNull());
  await user.click(screen.getByText("Ready"));
  expect(onEdit).toHaveBeenCalledExactlyOnceWith("codex-linus");
});

test("switching off sends only that", async () => {
  const calls = stubGateway({ "PUT /v1/providers/p1": () => json({ status: "updated" }) });
  await renderInApp(<ProviderTable {...noop} rows={[provider()]} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More actions for openai-codex" }));
  await user.click(await screen.findByRole("menuitem", { name: "Switch off" }));
  await waitFor(() => expect(calls[0]?.body).toEqual({ enabled: false }));
});
