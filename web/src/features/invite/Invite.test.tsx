import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { loginStatus, offer, pendingLogin, session, sessionUser } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { InvitePage } from "./InvitePage";

const signedOut = { "GET /v1/auth/session": () => json({ error: "out", code: "unauthorized" }, 401) };
const page = (change: Partial<Parameters<typeof InvitePage>[0]> = {}) => (
  <InvitePage token="inv_1" way="browser" onWay={() => {}} onDone={() => {}} {...change} />
);

test("an invited person sets a password and is signed in", async () => {
  const calls = stubGateway({
    ...signedOut,
    "GET /v1/invitations/by-token": () => json(offer({ email: "eve@example.com" })),
    "POST /v1/invitations/accept": () => json(session),
  });
  const onDone = vi.fn();
  await renderInApp(page({ onDone }));
  const user = userEvent.setup();
  expect(await screen.findByText("You are invited to Main, as Operator.")).toBeVisible();
  expect(screen.getByLabelText("E-mail address")).toHaveValue("eve@example.com");
  const accept = screen.getByRole("button", { name: "Accept and sign in" });
  await user.type(screen.getByLabelText("New password"), "too short");
  expect(accept).toBeDisabled();
  await user.type(screen.getByLabelText("New password"), " no more");
  await user.type(screen.getByLabelText("Display name"), "Eve");
  await user.click(accept);
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(
    calls.find(({ route }) => route.startsWith("GET /v1/inv"))?.headers.get("x-gateway-invitation"),
  ).toBe("inv_1");
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toEqual({
    token: "inv_1",
    email: "eve@example.com",
    display_name: "Eve",
    password: "too short no more",
  });
});

test("the first owner chooses their own address", async () => {
  stubGateway({
    ...signedOut,
    "GET /v1/invitations/by-token": () => json(offer({ kind: "owner", role: null })),
  });
  await renderInApp(page());
  expect(await screen.findByText(/You become the owner of this gateway/)).toBeVisible();
  expect(screen.getByLabelText("E-mail address")).not.toHaveAttribute("readonly");
});

test("who has an account with a second factor is asked for its code", async () => {
  const answers = [json({ error: "code", code: "totp_required" }, 401), json(session)];
  const calls = stubGateway({
    ...signedOut,
    "GET /v1/invitations/by-token": () => json(offer({ email: "eve@example.com" })),
    "POST /v1/invitations/accept": () => answers.shift() ?? json({}, 500),
  });
  const onDone = vi.fn();
  await renderInApp(page({ onDone }));
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("New password"), "her present one{Enter}");
  await user.type(await screen.findByLabelText("Code"), "123456{Enter}");
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  const sent = calls.filter(({ route }) => route.startsWith("POST"));
  expect(sent.at(-1)?.body).toMatchObject({ totp: "123456" });
});

test("who is signed in joins as they are", async () => {
  const calls = stubGateway({
    "GET /v1/auth/session": () => json({ ...session, user: sessionUser() }),
    "GET /v1/invitations/by-token": () => json(offer()),
    "POST /v1/invitations/accept": () => json(session),
  });
  const onDone = vi.fn();
  await renderInApp(page({ onDone }));
  await userEvent.setup().click(await screen.findByRole("button", { name: "Join as ada@example.com" }));
  await waitFor(() => expect(onDone).toHaveBeenCalledOnce());
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toEqual({ token: "inv_1" });
});

test("a link that is used up, or not complete, says so", async () => {
  stubGateway({
    ...signedOut,
    "GET /v1/invitations/by-token": () => json({ error: "gone", code: "invalid_invitation" }, 404),
  });
  const first = await renderInApp(page());
  expect(await screen.findByText(/This invitation does not work/)).toBeVisible();
  first.unmount();
  await renderInApp(page({ token: "" }));
  expect(screen.getByText(/This invitation does not work/)).toBeVisible();
});

test("somebody who is no user connects their account by the invitation, and nothing else", async () => {
  const status = "/v1/auth/chatgpt/codex-eve/status";
  const started = {
    login_id: "l1",
    expires_at: "2999-01-01T00:00:00Z",
    user_code: "AB-CD",
    verification_url: "x",
  };
  const calls = stubGateway({
    ...signedOut,
    "GET /v1/invitations/by-token": () =>
      json(offer({ kind: "connect", role: null, provider_name: "codex-eve" })),
    [`GET ${status}`]: () => json(loginStatus({ pending: null })),
    "POST /v1/auth/chatgpt/codex-eve/start": () =>
      json({ ...pendingLogin({ method: "device" }), ...started }),
  });
  await renderInApp(page({ way: "device" }));
  expect(await screen.findByText("Connect your ChatGPT account to Main")).toBeVisible();
  await userEvent.setup().click(await screen.findByRole("button", { name: "Get a code" }));
  expect(await screen.findByText("AB-CD")).toBeVisible();
  const mine = calls.filter(({ route }) => route.includes("/v1/auth/chatgpt/"));
  expect(mine.length).toBeGreaterThan(1);
  for (const { headers } of mine) expect(headers.get("x-gateway-invitation")).toBe("inv_1");
});
