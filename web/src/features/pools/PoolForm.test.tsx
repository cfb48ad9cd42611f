import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { pooled, provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { PoolForm } from "./PoolForm";
import { poolsOf } from "./pools";

const POOLED = pooled(["ada", "grace", "linus"], "round_robin");
const FREE = provider({ id: "p7", name: "ken", pool: null });
const KEY = provider({ id: "p8", name: "key", provider_type: "openai_compat", pool: null });
const ALL = [...POOLED, FREE, KEY];
const [POOL = null] = poolsOf(ALL);
const PUT = "PUT /v1/providers/p1";
const order = () =>
  [...document.querySelectorAll("[data-member]")].map((it) => it.getAttribute("data-member"));

test("the order is changed with the keyboard, and the change is said", async () => {
  const calls = stubGateway({ [PUT]: () => json({ status: "updated" }) });
  const onClose = vi.fn();
  await renderInApp(<PoolForm pool={POOL} providers={ALL} onClose={onClose} />);
  const user = userEvent.setup();
  screen.getByRole("button", { name: "Move linus up" }).focus();
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["linus", "grace"]);
  expect(screen.getByText("linus is now number 2.")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Move linus up" })).toHaveFocus();
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["linus", "grace"]);
  await user.selectOptions(screen.getByLabelText("Strategy"), "By quota");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(calls.find(({ route }) => route === PUT)?.body).toEqual({
    settings: {
      codex_pool: {
        strategy: "quota_aware",
        affinity: "conversation",
        extra_provider_names: ["linus", "grace"],
      },
    },
  });
});

test("members are added and taken out; who cannot join says why", async () => {
  stubGateway({});
  await renderInApp(<PoolForm pool={POOL} providers={ALL} onClose={() => {}} />);
  const user = userEvent.setup();
  const add = screen.getByLabelText("Add an account…");
  expect(within(add).getByRole("option", { name: "key (no ChatGPT account)" })).toBeDisabled();
  await user.selectOptions(add, "ken");
  await user.click(screen.getByRole("button", { name: "Take grace out" }));
  expect(order()).toEqual(["linus", "ken"]);
});

test("a new pool is owned by an account that is in none", async () => {
  const calls = stubGateway({ "PUT /v1/providers/p7": () => json({ status: "updated" }) });
  const onClose = vi.fn();
  await renderInApp(<PoolForm pool={null} providers={ALL} onClose={onClose} />);
  const options = within(screen.getByLabelText("Owner")).getAllByRole("option");
  expect(options.map((it) => it.textContent)).toEqual(["ken"]);
  expect(screen.getByRole("option", { name: "grace (in the pool of ada)" })).toBeDisabled();
  await userEvent.setup().click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  expect(calls[0]?.body).toMatchObject({ settings: { codex_pool: { extra_provider_names: [] } } });
});

test("every broken rule stands at what breaks it, until that is changed", async () => {
  const taken = 'provider "linus" already belongs to pool "other"';
  const owner = 'provider "ada" already belongs to pool "other" and cannot manage its own pool';
  const violations = [
    { code: "member_taken", message: taken, providers: ["linus", "other"] },
    { code: "owner_is_member", message: owner, providers: ["ada", "other"] },
  ];
  stubGateway({ [PUT]: () => json({ error: taken, code: "invalid_pool", violations }, 400) });
  await renderInApp(<PoolForm pool={POOL} providers={ALL} onClose={() => {}} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByText(taken)).closest("[data-member]")).toHaveAttribute("data-member", "linus");
  expect(screen.getByLabelText("Owner")).toHaveAccessibleDescription(expect.stringContaining(owner));
  expect(screen.getAllByRole("alert")).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Take linus out" }));
  expect(screen.queryByRole("alert")).toBeNull();
});
