import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { LoginStatus } from "@/api/types";
import type { Way } from "@/routes/search";
import { renderInApp } from "../../../tests/render";
import { loginStatus, pendingLogin, provider } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { ConnectDialog } from "./ConnectDialog";

const URL_BASE = "/v1/auth/chatgpt/openai-codex";
const BROWSER = {
  auth_url: "https://auth.example.com/authorize?state=s",
  provider_name: "openai-codex",
  login_id: "l1",
  redirect_uri: "http://localhost:1455/auth/callback",
  expires_at: "2026-05-01T12:15:00Z",
};

let status: LoginStatus;
let tab: { location: { href: string }; opener: unknown; close: () => void };

beforeEach(() => {
  status = loginStatus();
  tab = { location: { href: "about:blank" }, opener: {}, close: vi.fn() };
  vi.stubGlobal("open", () => tab);
});

function stub(routes: Parameters<typeof stubGateway>[0]) {
  return stubGateway({
    [`GET ${URL_BASE}/status`]: () => json(status),
    "GET /v1/providers": () => json({ providers: [] }),
    ...routes,
  });
}

async function open(way: Way, providers = [] as ReturnType<typeof provider>[], target = "new") {
  const onChange = vi.fn();
  await renderInApp(
    <ConnectDialog providers={providers} target={target} way={way} onChange={onChange} onClose={() => {}} />,
  );
  return { user: userEvent.setup(), onChange };
}

test("the browser way opens the sign-in page in a tab and notices its end", async () => {
  const calls = stub({
    [`POST ${URL_BASE}/start`]: () => {
      status = loginStatus({ pending: pendingLogin({ auth_url: BROWSER.auth_url }) });
      return json({ ...BROWSER, listener: { listening: true, port: 1455 } });
    },
  });
  const { user, onChange } = await open("browser");
  await user.click(await screen.findByRole("button", { name: "Start sign-in" }));
  await screen.findByText(/Waiting for the sign-in/);
  expect(tab.location.href).toBe(BROWSER.auth_url);
  expect(tab.opener).toBeNull();
  expect(onChange).toHaveBeenCalledWith({ connect: "openai-codex", way: "browser" });
  expect(calls.find(({ route }) => route.endsWith("/start"))?.body).toEqual({ method: "browser" });

  status = loginStatus({ authenticated: true, state: "ready", email: "new@example.com", plan_type: "plus" });
  const said = await screen.findByText(/^Connected:/, undefined, { timeout: 4000 });
  expect(said).toHaveTextContent("Connected: new@example.com (plus), as openai-codex.");
  expect(within(said).getByText("new@example.com")).toHaveClass("email");
});

test("when the listener could not be opened, the dialog asks for the pasted address", async () => {
  const callback = "http://localhost:1457/auth/callback";
  const auth_url = `https://auth.example.com/authorize?redirect_uri=${encodeURIComponent(callback)}&state=s`;
  const calls = stub({
    [`POST ${URL_BASE}/start`]: () => {
      status = loginStatus({ pending: pendingLogin({ auth_url }) });
      return json({ ...BROWSER, auth_url, listener: { listening: false, reason: "address in use" } });
    },
    [`POST ${URL_BASE}/callback`]: () =>
      json({ error: "invalid state parameter (possible CSRF)", code: "invalid_state" }, 400),
  });
  const { user } = await open("browser");
  await user.click(await screen.findByRole("button", { name: "Start sign-in" }));
  await screen.findByText(/could not open port 1457 \(address in use\)/);
  expect(screen.getByText(callback)).toBeVisible();
  expect(screen.getByText(/^ssh -L 1457:localhost:1457 /)).toBeVisible();
  await user.type(screen.getByLabelText("Address of that page"), `${callback}?code=c`);
  await user.click(screen.getByRole("button", { name: "Finish sign-in" }));
  await screen.findByText("invalid state parameter (possible CSRF)");
  expect(calls.find(({ route }) => route.endsWith("/callback"))?.body).toEqual({
    redirect_url: `${callback}?code=c`,
  });
});

test("a sign-in under way is found again after a reload", async () => {
  stub({});
  status = loginStatus({
    pending: pendingLogin({
      method: "device",
      user_code: "ABCD-1234",
      verification_url: "https://x.example/d",
    }),
  });
  await open("device", [], "openai-codex");
  expect(await screen.findByText("ABCD-1234")).toBeVisible();
  expect(screen.getByRole("link", { name: "Open the sign-in page" })).toHaveAttribute(
    "href",
    "https://x.example/d",
  );
});

test("signing in again forces a new sign-in and keeps the account's name", async () => {
  const calls = stub({
    [`POST ${URL_BASE}/start`]: () => json({ ...BROWSER, listener: { listening: true, port: 1455 } }),
  });
  const { user } = await open("browser", [provider()], "openai-codex");
  expect(screen.queryByLabelText("Name in the gateway")).toBeNull();
  await user.click(await screen.findByRole("button", { name: "Start sign-in" }));
  await waitFor(() =>
    expect(calls.find(({ route }) => route.endsWith("/start"))?.body).toEqual({
      method: "browser",
      force: true,
    }),
  );
});

test("an account that is already connected elsewhere is said in place", async () => {
  const text = 'this ChatGPT account (a@b.c) is already connected as "x"';
  stub({ [`POST ${URL_BASE}/import`]: () => json({ error: text, code: "account_already_connected" }, 409) });
  const { user } = await open("import");
  const content = await screen.findByLabelText("Or its content");
  await user.click(content);
  await user.paste("{ broken");
  expect(screen.getByText("This is not a JSON object.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Import" })).toBeDisabled();
  await user.clear(content);
  await user.paste('{"tokens":{}}');
  await user.click(screen.getByRole("button", { name: "Import" }));
  expect(await screen.findByRole("alert")).toHaveTextContent(text);
});

test("a name that is taken cannot be used for a new account", async () => {
  stub({ "GET /v1/auth/chatgpt/openai-codex-2/status": () => json(loginStatus()) });
  const { user } = await open("browser", [provider()]);
  const name = await screen.findByLabelText("Name in the gateway");
  expect(name).toHaveValue("openai-codex-2");
  await user.clear(name);
  await user.type(name, "openai-codex");
  expect(await screen.findByText("This name is already taken.")).toBeVisible();
  expect(screen.getByRole("button", { name: "Start sign-in" })).toBeDisabled();
});
