import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { session, signInMethods } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import SignIn from "./SignIn";

const methods = (change: Parameters<typeof signInMethods>[0] = {}) => ({
  "GET /v1/auth/methods": () => json(signInMethods(change)),
});

const refused = (code: string, status = 401, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify({ error: code, code }), {
    status,
    headers: { "content-type": "application/json", ...headers },
  });

test("a wrong token is said in place, and nothing is kept in the browser", async () => {
  const calls = stubGateway({
    "POST /v1/auth/session": () => json({ error: "invalid token", code: "invalid_token" }, 401),
  });
  await renderInApp(<SignIn />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("Gateway token"), " secret {Enter}");
  expect(await screen.findByText("This token is not valid.")).toBeVisible();
  const call = calls.find(({ route }) => route.startsWith("POST"));
  expect(call?.body).toEqual({ token: "secret" });
  expect(call?.headers.get("x-gateway-csrf")).toBe("1");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("secret");
});

test("an empty token cannot be sent", async () => {
  const calls = stubGateway({ "POST /v1/auth/session": () => json(session) });
  await renderInApp(<SignIn />);
  expect(await screen.findByRole("button", { name: "Sign in" })).toBeDisabled();
  await userEvent.setup().type(screen.getByLabelText("Gateway token"), "   {Enter}");
  expect(calls.filter(({ route }) => route.startsWith("POST"))).toEqual([]);
});

test("a password is asked for first; who has a second factor gives its code in a second step", async () => {
  const answers = [refused("totp_required"), refused("invalid_credentials"), json(session)];
  const calls = stubGateway({
    ...methods({ oidc: [{ name: "corp", label: "Corp" }] }),
    "POST /v1/auth/sign-in": () => answers.shift() ?? json({}, 500),
  });
  await renderInApp(<SignIn />);
  const user = userEvent.setup();
  expect(await screen.findByRole("link", { name: "Sign in with Corp" })).toHaveAttribute(
    "href",
    "/v1/auth/oidc/corp/start?return_to=%2F",
  );
  await user.type(screen.getByLabelText("E-mail address"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  const code = await screen.findByLabelText("Code");
  expect(screen.queryByRole("alert")).toBeNull();
  await user.type(code, "000000{Enter}");
  expect(await screen.findByText("This code is not valid, or was used before.")).toBeVisible();
  await user.clear(code);
  await user.type(code, "123456{Enter}");
  const sent = () => calls.filter(({ route }) => route.startsWith("POST"));
  await waitFor(() => expect(sent()).toHaveLength(3));
  expect(sent().at(-1)?.body).toEqual({
    email: "ada@example.com",
    password: "correct horse",
    totp: "123456",
  });
});

test("after too many attempts the page says how long to wait, and sends nothing until then", async () => {
  const calls = stubGateway({
    ...methods(),
    "POST /v1/auth/sign-in": () => refused("too_many_attempts", 429, { "retry-after": "90" }),
  });
  await renderInApp(<SignIn />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("E-mail address"), "ada@example.com");
  await user.type(screen.getByLabelText("Password"), "wrong{Enter}");
  expect(await screen.findByText(/You can try again in 1m 30s/)).toBeVisible();
  expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  await user.type(screen.getByLabelText("Password"), "{Enter}");
  expect(calls.filter(({ route }) => route.startsWith("POST"))).toHaveLength(1);
});

test("the token stays a way in, and is the first one while there is no owner", async () => {
  stubGateway(methods());
  const first = await renderInApp(<SignIn />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Use the gateway’s token" }));
  expect(screen.getByLabelText("Gateway token")).toBeVisible();
  first.unmount();
  stubGateway(methods({ needs_owner: true }));
  await renderInApp(<SignIn />);
  expect(await screen.findByText(/Nobody is owner yet/)).toBeVisible();
  expect(screen.getByLabelText("Gateway token")).toBeVisible();
  expect(screen.queryByLabelText("Password")).toBeNull();
  await user.click(screen.getByRole("button", { name: "Use e-mail address and password" }));
  expect(screen.getByLabelText("Password")).toBeVisible();
});

test("why one did not come in with OpenID Connect is said once, in the page's own words", async () => {
  stubGateway(methods());
  window.history.replaceState(null, "", "/keys?a=b&sign_in_error=no_role");
  const first = await renderInApp(<SignIn />);
  expect(await screen.findByText(/None of your groups has a role here/)).toBeVisible();
  expect(window.location.search).toBe("?a=b");
  first.unmount();
  await renderInApp(<SignIn />);
  await screen.findByLabelText("Password");
  expect(screen.queryByText(/None of your groups/)).toBeNull();
});

test("an address puts no words of its own on the page", async () => {
  stubGateway(methods());
  window.history.replaceState(null, "", "/?sign_in_error=Call+555-0100");
  await renderInApp(<SignIn />);
  expect(await screen.findByText("The sign-in did not work. Try again.")).toBeVisible();
  expect(screen.queryByText(/555/)).toBeNull();
});
