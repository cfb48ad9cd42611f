import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { attempt, decision, trace } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { RequestDrawer } from "./RequestDrawer";

const REQUEST = {
  ...trace({ status: "failed", error_message: "no account can serve" }),
  attempts: [
    attempt({
      provider_name: "codex-grace",
      outcome: "failed",
      error_code: "quota",
      fault: "account",
      cause: "usage_limit",
    }),
  ],
  decision: {
    ...decision({ home: "codex-ada", attempts: ["codex-grace", "codex-rest"], last_resort: ["codex-rest"] }),
    excluded: [
      { provider_name: "codex-linus", reason: "needs_reauth", until: null, detail: "" },
      { provider_name: "codex-ken", reason: "moon_phase", until: null, detail: "the moon is full" },
    ],
  },
};

test("the details say why this account, who was left out and what each attempt came to", async () => {
  stubGateway({ "GET /v1/requests/r1": () => json(REQUEST) });
  await renderInApp(<RequestDrawer id="r1" onClose={() => {}} />);
  for (const text of [
    "no account can serve",
    "it is its turn",
    "Round robin",
    "codex-ada",
    "codex-rest",
    "its quota is used up",
    "usage_limit · quota",
    /the account’s fault/,
  ]) {
    expect(await screen.findByText(text)).toBeVisible();
  }
  const tried = within(screen.getByRole("region", { name: "Accounts tried" }));
  expect(tried.getByRole("row", { name: /1 codex-grace Failed/ })).toBeVisible();
  expect(screen.getByText("codex-linus").closest("li")).toHaveTextContent("needs a new sign-in");
  expect(screen.getByText("codex-ken").closest("li")).toHaveTextContent("the moon is full");
});

test("why an account came first is said in the words of the page where it is a known code", async () => {
  const told = decision({ why: "as another version put it", why_code: "loan" });
  stubGateway({ "GET /v1/requests/r1": () => json({ ...REQUEST, decision: told }) });
  await renderInApp(<RequestDrawer id="r1" onClose={() => {}} />);
  expect(await screen.findByText(/it was moved here/)).toBeVisible();
});

test("a request that is gone is said, in words and not as an error", async () => {
  stubGateway({ "GET /v1/requests/r1": () => json({ error: "not found", code: "not_found" }, 404) });
  await renderInApp(<RequestDrawer id="r1" onClose={() => {}} />);
  expect(await screen.findByText(/no such request/)).toBeVisible();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("tokens that nobody counted are said to be unknown", async () => {
  stubGateway({ "GET /v1/requests/r1": () => json({ ...REQUEST, usage: null }) });
  await renderInApp(<RequestDrawer id="r1" onClose={() => {}} />);
  expect(await screen.findByText(/tokens it took is not known/)).toBeVisible();
});

test("j and k go on to the next and back, and Escape closes", async () => {
  stubGateway({ "GET /v1/requests/r1": () => json(REQUEST) });
  const go = vi.fn();
  const onClose = vi.fn();
  const onStep = (by: 1 | -1) => (by === 1 ? () => go(by) : undefined);
  await renderInApp(<RequestDrawer id="r1" onClose={onClose} onStep={onStep} />);
  const user = userEvent.setup();
  await screen.findByText("Accounts tried");
  await user.keyboard("jk");
  expect(go.mock.calls).toEqual([[1]]);
  expect(screen.getByRole("button", { name: /Previous request/ })).toBeDisabled();
  await user.keyboard("{Escape}");
  expect(onClose).toHaveBeenCalledOnce();
});
