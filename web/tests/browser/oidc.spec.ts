import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { environment } from "./session";
import { GATEWAY_URL, open, removeUser } from "./support";

/** `tests/e2e/oidc-server.js`, which the gateway knows as "corp". */
const ISSUER_URL = environment("ISSUER_URL");
const EMAIL = "browser-corp@example.com";
const browser = eachInBrowser();

/** Who signs in there next, with these groups. */
async function next(groups: string[]) {
  const person = { sub: "browser", email: EMAIL, email_verified: true, name: "Corp Person", groups };
  const redirect_uris = [`${GATEWAY_URL}/v1/auth/oidc/corp/callback`];
  const body = JSON.stringify({ person, redirect_uris });
  expect((await fetch(`${ISSUER_URL}/__test`, { method: "POST", body })).status).toBe(200);
}

beforeEach(async () => {
  await removeUser(EMAIL);
});

afterEach(async () => {
  await removeUser(EMAIL);
});

test("the button leads to the issuer and back to the page that was asked for", async () => {
  await next(["ops"]);
  const { page } = browser;
  await open(page, "/agents");
  await page.getByRole("link", { name: "Sign in with Example Corp" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/agents");
  // The session is this browser's own from here on.
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();

  await page.getByRole("link", { name: "Corp Person" }).first().click();
  await page.getByRole("heading", { level: 2, name: "How you sign in" }).waitFor();
  await page.getByText(`${EMAIL} · last used`).waitFor();
  // It is the only way in, and no password gets round it.
  expect(await page.getByRole("button", { name: "Remove: Example Corp" }).count()).toBe(0);
  expect(await page.getByLabel("New password").count()).toBe(0);
  await page.getByText("This one").waitFor();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Sign in with Example Corp" }).waitFor();
});

test("who does not come in is told why, once, in the page's words", async () => {
  await next(["elsewhere"]);
  const { page } = browser;
  await open(page, "/");
  await page.getByRole("link", { name: "Sign in with Example Corp" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("None of your groups has a role here.").waitFor();
  expect(page.url()).not.toContain("sign_in_error");
  // The issuer remembers them otherwise.
  await browser.context.clearCookies();
  await page.getByRole("link", { name: "Sign in with Example Corp" }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByText("The sign-in was cancelled.").waitFor();
  await page.reload();
  await page.getByRole("link", { name: "Sign in with Example Corp" }).waitFor();
  expect(await page.getByText("The sign-in was cancelled.").count()).toBe(0);
});

test("when the session ends, the issuer is asked in a tab beside the page, which then goes on", async () => {
  await next(["ops"]);
  const { page, context } = browser;
  await open(page, "/account");
  await page.getByRole("link", { name: "Sign in with Example Corp" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
  const name = page.getByLabel("Display name");
  await name.fill("half written");
  await page.evaluate(() =>
    fetch("/v1/auth/session", { method: "DELETE", headers: { "x-gateway-csrf": "1" } }).then(() => null),
  );
  await page.getByRole("button", { name: "Save" }).click();
  const sheet = page.getByRole("dialog", { name: "Sign in again" });
  const opened = context.waitForEvent("page");
  await sheet.getByRole("link", { name: "Sign in with Example Corp" }).click();
  const tab = await opened;
  // The issuer remembers them, and asks nothing.
  await tab.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  await sheet.waitFor({ state: "detached" });
  expect(await name.inputValue()).toBe("half written");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
});
