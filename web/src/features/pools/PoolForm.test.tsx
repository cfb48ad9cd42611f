import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { pooled, provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { PoolForm } from "./PoolForm";

const POOLED = pooled(["ada", "grace", "linus"], "round_robin");
const FREE = ["ken", "dennis", "brian"].map((name, index) =>
  provider({ id: `p${7 + index}`, name, pool: null }),
);
const KEY = provider({ id: "p10", name: "key", provider_type: "openai_compat", pool: null });
const ALL = [...POOLED, ...FREE, KEY];
const PUT = "PUT /v1/providers/p7";
const order = () =>
  [...document.querySelectorAll("[data-member]")].map((it) => it.getAttribute("data-member"));

/** A pool of ken with the other two. */
async function filled(onClose = () => {}) {
  await renderInApp(<PoolForm providers={ALL} onClose={onClose} />);
  const user = userEvent.setup();
  for (const name of ["dennis", "brian"])
    await user.selectOptions(screen.getByLabelText("Add an account…"), name);
  return user;
}

test("a pool is owned by an account that is in none, and the order is changed with the keyboard", async () => {
  const calls = stubGateway({ [PUT]: () => json({ status: "updated" }) });
  const onClose = vi.fn();
  const user = await filled(onClose);
  const options = within(screen.getByLabelText("Owner")).getAllByRole("option");
  expect(options.map((it) => it.textContent)).toEqual(["ken", "dennis", "brian"]);
  screen.getByRole("button", { name: "Move brian up" }).focus();
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["brian", "dennis"]);
  expect(screen.getByText("brian is now number 2.")).toBeInTheDocument();
  expect(screen.getByRole("button", { name: "Move brian up" })).toHaveFocus();
  await user.keyboard("{Enter}");
  expect(order()).toEqual(["brian", "dennis"]);
  await user.selectOptions(screen.getByLabelText("Strategy"), "By quota");
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalled());
  const codex_pool = {
    strategy: "quota_aware",
    affinity: "conversation",
    extra_provider_names: ["brian", "dennis"],
  };
  expect(calls.find(({ route }) => route === PUT)?.body).toEqual({ settings: { codex_pool } });
});

test("members are taken out again; who cannot join says why", async () => {
  stubGateway({});
  const user = await filled();
  const add = screen.getByLabelText("Add an account…");
  expect(within(add).getByRole("option", { name: "key (no ChatGPT account)" })).toBeDisabled();
  expect(within(add).getByRole("option", { name: "grace (in the pool of ada)" })).toBeDisabled();
  await user.click(screen.getByRole("button", { name: "Take dennis out" }));
  expect(order()).toEqual(["brian"]);
});

test("every broken rule stands at what breaks it, until that is changed", async () => {
  const taken = 'provider "brian" already belongs to pool "other"';
  const owner = 'provider "ken" already belongs to pool "other" and cannot manage its own pool';
  const violations = [
    { code: "member_taken", message: taken, providers: ["brian", "other"] },
    { code: "owner_is_member", message: owner, providers: ["ken", "other"] },
  ];
  stubGateway({ [PUT]: () => json({ error: taken, code: "invalid_pool", violations }, 400) });
  const user = await filled();
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect((await screen.findByText(taken)).closest("[data-member]")).toHaveAttribute("data-member", "brian");
  expect(screen.getByLabelText("Owner")).toHaveAccessibleDescription(expect.stringContaining(owner));
  expect(screen.getAllByRole("alert")).toHaveLength(2);
  await user.click(screen.getByRole("button", { name: "Take brian out" }));
  expect(screen.queryByRole("alert")).toBeNull();
});
