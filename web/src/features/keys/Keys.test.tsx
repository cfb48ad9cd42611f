import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { apiKey, limit } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { KeyCreated } from "./KeyCreated";
import { RevokeKeyDialog } from "./KeyDialogs";
import { KeyForm } from "./KeyForm";
import { KeyTable } from "./KeyTable";

const known = { models: ["gpt-5", "gpt-5-mini"], agents: ["reviewer"], providers: ["openai-codex"] };
const noop = { onCreated: () => {}, onClose: () => {} };

test("a key is created with what it may use and how much", async () => {
  const created = { ...apiKey(), key: "gw_secret" };
  const calls = stubGateway({ "POST /v1/keys": () => json(created, 201) });
  const onCreated = vi.fn();
  await renderInApp(<KeyForm apiKey={null} known={known} {...noop} onCreated={onCreated} />, "admin");
  const user = userEvent.setup();
  const create = screen.getByRole("button", { name: "Create a key" });
  expect(create).toBeDisabled();
  await user.type(screen.getByLabelText("Name"), "ci");
  await user.click(screen.getByLabelText("All models, also later ones"));
  expect(screen.getByText(/A list without anything ticked/)).toBeVisible();
  await user.click(screen.getByLabelText("gpt-5-mini"));
  await user.click(screen.getByRole("button", { name: "Add a limit" }));
  await user.selectOptions(screen.getByLabelText("Limit 1: what"), "tokens");
  await user.selectOptions(screen.getByLabelText("Limit 1: over"), "day");
  await user.type(screen.getByLabelText("Limit 1: amount"), "5000");
  await user.click(create);
  await waitFor(() => expect(onCreated.mock.calls[0]?.[0]).toEqual(created));
  expect(calls[0]?.body).toEqual({
    name: "ci",
    role: "operator",
    models: ["gpt-5-mini"],
    limits: [{ meter: "tokens", window: "day", amount: 5000 }],
  });
});

test("nobody can give a key a role above their own, and none is an owner's", async () => {
  stubGateway({});
  await renderInApp(<KeyForm apiKey={null} known={known} {...noop} />, "admin");
  const options = within(screen.getByLabelText("Role")).getAllByRole("option");
  expect(options.map(({ textContent }) => textContent)).toEqual(["Viewer", "Operator", "Administrator"]);
});

test("every value that the gateway refuses is said", async () => {
  const violations = [{ field: "agents", message: "there is no agent x" }];
  stubGateway({
    "PUT /v1/keys/k1": () => json({ error: "2 values are wrong", code: "invalid_key", violations }, 400),
  });
  await renderInApp(<KeyForm apiKey={apiKey()} known={known} {...noop} />);
  const user = userEvent.setup();
  expect(screen.getByLabelText("Role")).toBeDisabled();
  await user.type(screen.getByLabelText("Name"), "2");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("there is no agent x")).toBeVisible();
});

test("the new key is shown with its snippets, and a tick appears when it was used", async () => {
  let used: string | null = null;
  const calls = stubGateway({ "GET /v1/keys/k1": () => json(apiKey({ last_used_at: used })) });
  const created = { ...apiKey({ models: ["gpt-5-mini"] }), key: "gw_secret" };
  await renderInApp(
    <KeyCreated created={created} baseUrl="http://gw/v1" example="gpt-5" onClose={() => {}} />,
  );
  expect(screen.getByTestId("secret")).toHaveTextContent("gw_secret");
  expect(screen.getByText(/"model": "gpt-5-mini"/)).toBeVisible();
  expect(await screen.findByText(/Waiting for the first request/)).toBeVisible();
  used = new Date().toISOString();
  expect(await screen.findByText(/The first request arrived/, undefined, { timeout: 4000 })).toBeVisible();
  const asked = calls.length;
  await new Promise((done) => setTimeout(done, 10));
  expect(calls).toHaveLength(asked);
});

test("a key's limits are bars with words, and its state is a word", async () => {
  const key = apiKey({
    state: "expired",
    agents: ["reviewer"],
    limits: [
      limit({ amount: 1000, used: 250 }),
      limit({ meter: "requests", window: "minute", amount: 10, used: 10 }),
      limit({ meter: "concurrent", window: null, amount: 5, used: 4, reserved: 0, resets_at: null }),
      limit({ meter: "pool_share", window: null, amount: 50, used: 12, resets_at: null }),
    ],
  });
  await renderInApp(<KeyTable rows={[key]} onEdit={() => {}} onRevoke={() => {}} onDelete={() => {}} />);
  expect(screen.getByText("Expired")).toBeVisible();
  expect(screen.getByText("Agents: reviewer")).toBeVisible();
  const rules = screen.getAllByRole("listitem").map((item) => [item.dataset.rule, item.dataset.level]);
  expect(rules).toEqual([
    ["tokens_day", "calm"],
    ["requests_minute", "full"],
    ["concurrent", "near"],
    ["pool_share", "calm"],
  ]);
  expect(screen.getByText("250 of 1,000 used")).toBeVisible();
  expect(screen.getByText("12% of 50% used")).toBeVisible();
  expect(screen.getAllByText(/resets in/)).toHaveLength(2);
});

test("the keys that are nearest to a limit come first when one sorts by limits", async () => {
  const keys = [0.1, null, 0.9].map((used, index) =>
    apiKey({
      id: `k${index}`,
      name: `key ${used}`,
      limits:
        used === null
          ? []
          : [
              limit({ amount: 100, used: 1, reserved: 0 }),
              limit({ amount: 100, used: used * 100, reserved: 0 }),
            ],
    }),
  );
  const onEdit = vi.fn();
  await renderInApp(<KeyTable rows={keys} onEdit={onEdit} onRevoke={vi.fn()} onDelete={vi.fn()} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Limits" }));
  const order = [...document.querySelectorAll("[data-key]")].map((row) => row.getAttribute("data-key"));
  expect(order).toEqual(["key 0.9", "key 0.1", "key null"]);
  await user.click(screen.getByText("key null"));
  expect(onEdit).toHaveBeenCalledExactlyOnceWith(keys[1]);
});

test("a key says what became of its owner, and what is left of its role", async () => {
  const owner = { id: null, name: "ada@example.com" };
  const keys = [
    apiKey({ id: "k1", name: "one", role: "admin", effective_role: "viewer", owner }),
    apiKey({ id: "k2", name: "two", owner, state: "owner_disabled" }),
    apiKey({ id: "k3", name: "three", owner, state: "owner_gone" }),
  ];
  await renderInApp(<KeyTable rows={keys} onEdit={vi.fn()} onRevoke={vi.fn()} onDelete={vi.fn()} />);
  expect(screen.getByText("For now Viewer, like its owner")).toBeVisible();
  expect(screen.getByText("Owner disabled")).toBeVisible();
  expect(screen.getByText("Owner removed")).toBeVisible();
});

test("revoking asks first, and says when it failed", async () => {
  let fail = true;
  const calls = stubGateway({
    "POST /v1/keys/k1/revoke": () =>
      fail ? json({ error: "gone" }, 404) : new Response(null, { status: 204 }),
  });
  const onClose = vi.fn();
  await renderInApp(<RevokeKeyDialog apiKey={apiKey()} onClose={onClose} />);
  const user = userEvent.setup();
  expect(calls).toEqual([]);
  const hold = async () => {
    await user.pointer({ keys: "[MouseLeft>]", target: screen.getByRole("button", { name: "Revoke" }) });
  };
  await hold();
  expect(await screen.findByText("gone")).toBeVisible();
  await user.pointer({ keys: "[/MouseLeft]" });
  fail = false;
  await hold();
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
});
