import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { user as person, provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { InvitationList } from "./InvitationList";
import { InviteDialog } from "./InviteDialog";
import { RoleTable } from "./RoleTable";
import { UserTable } from "./UserTable";

const ada = person();
const bob = person({
  id: "bob",
  email: "bob@example.com",
  display_name: null,
  role: "operator",
  is_owner: false,
});

test("a role is changed in the list, and the last owner is told why theirs is not", async () => {
  const calls = stubGateway({ "PUT /v1/users/bob": () => json({ ...bob, role: "viewer" }) });
  await renderInApp(<UserTable rows={[ada, bob]} self="ada" onRemove={() => {}} />);
  const user = userEvent.setup();
  expect(screen.getByLabelText("Role of Ada")).toBeDisabled();
  expect(screen.getByText(/The last owner stays one/)).toBeVisible();
  await user.selectOptions(screen.getByLabelText("Role of bob@example.com"), "viewer");
  await waitFor(() => expect(calls[0]?.body).toEqual({ role: "viewer" }));
  const actions = screen.getByRole("button", { name: "More actions for Ada" });
  expect(actions).toHaveAttribute("aria-disabled", "true");
});

test("what became of a change is said in the row of the one whom it was about", async () => {
  stubGateway({ "PUT /v1/users/bob": () => json({ error: "the moon is full" }, 409) });
  await renderInApp(<UserTable rows={[ada, bob]} self="ada" onRemove={() => {}} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "More actions for bob@example.com" }));
  await user.click(await screen.findByRole("menuitem", { name: "Disable" }));
  const alert = await screen.findByRole("alert");
  expect(alert).toHaveTextContent("the moon is full");
  expect(alert.closest("tr")).toHaveAttribute("data-user", "bob@example.com");
});

test("people are found by their role", async () => {
  await renderInApp(<UserTable rows={[ada, bob]} self="ada" onRemove={() => {}} />);
  await userEvent.setup().type(screen.getByRole("searchbox"), "operator");
  await waitFor(() => expect(screen.queryByText("Ada")).toBeNull());
  expect(screen.getByText("bob@example.com")).toBeVisible();
});

test("an administrator cannot change an owner, nor make one", async () => {
  stubGateway({});
  await renderInApp(<UserTable rows={[ada, bob]} self={null} onRemove={() => {}} />, "admin");
  expect(screen.getByText("Their role is above yours.")).toBeVisible();
  const choice = screen.getByLabelText("Role of bob@example.com");
  expect(within(choice).getByRole("option", { name: "Owner" })).toBeDisabled();
});

test("an invitation's link is shown once", async () => {
  const url = "http://gw/invite#inv_1";
  const calls = stubGateway({
    "POST /v1/invitations": () => json({ id: "i1", kind: "member", url, expires_at: null }, 201),
  });
  await renderInApp(<InviteDialog providers={[]} onClose={() => {}} />, "admin");
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("E-mail address"), "eve@example.com");
  await user.selectOptions(screen.getByLabelText("Role"), "operator");
  await user.click(screen.getByRole("button", { name: "Make the link" }));
  expect(await screen.findByTestId("secret")).toHaveTextContent(url);
  expect(calls[0]?.body).toEqual({
    kind: "member",
    email: "eve@example.com",
    role: "operator",
    expires_in_hours: 72,
  });
});

test("a link to connect an account names it, and no other kind of provider's name", async () => {
  const calls = stubGateway({
    "POST /v1/invitations": () => json({ id: "i1", kind: "connect", url: "x" }, 201),
  });
  const keyed = provider({ name: "groq", provider_type: "openai_compat" });
  await renderInApp(<InviteDialog providers={[keyed]} onClose={() => {}} />, "admin");
  const user = userEvent.setup();
  await user.selectOptions(screen.getByLabelText("What for"), "connect");
  const name = screen.getByLabelText("Name of the account in the gateway");
  const make = screen.getByRole("button", { name: "Make the link" });
  await user.type(name, "groq");
  expect(make).toBeDisabled();
  await user.clear(name);
  await user.type(name, "codex-eve");
  await user.click(make);
  await waitFor(() =>
    expect(calls[0]?.body).toEqual({ kind: "connect", provider_name: "codex-eve", expires_in_hours: 72 }),
  );
});

test("an open invitation can be withdrawn", async () => {
  const list = [
    {
      id: "i1",
      kind: "connect",
      provider_name: "codex-eve",
      created_at: "2026-05-01T12:00:00Z",
      expires_at: null,
    },
  ];
  const calls = stubGateway({
    "GET /v1/invitations": () => json({ invitations: list.splice(0) }),
    "DELETE /v1/invitations/i1": () => new Response(null, { status: 204 }),
  });
  await renderInApp(<InvitationList />);
  const withdraw = await screen.findByRole("button", { name: /Withdraw the invitation: Connect an account/ });
  await userEvent.setup().click(withdraw);
  expect(await screen.findByText("No link is waiting for anybody.")).toBeVisible();
  expect(calls.some(({ route }) => route === "DELETE /v1/invitations/i1")).toBe(true);
});

test("the table of roles shows every permission", async () => {
  await renderInApp(<RoleTable />);
  const row = screen.getByRole("row", { name: /Create, change and delete tenants/ });
  expect(within(row).getAllByText("may not")).toHaveLength(3);
  expect(screen.getAllByRole("row")).toHaveLength(11);
});
