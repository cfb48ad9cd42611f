import type { BrowserContext, Locator, Page } from "playwright-core";
import { beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { FREE_ACCOUNT, open, PROVIDER, providerRow, removeProvider, SIMULATOR_URL, signIn } from "./support";

const browser = eachInBrowser();

beforeEach(async () => {
  await signIn(browser.page, "/providers");
  // Left by a run that was broken off.
  await browser.page.getByRole("heading", { level: 1, name: "Providers" }).waitFor();
  await providerRow(browser.page, "openai-codex").waitFor();
  if ((await providerRow(browser.page, PROVIDER).count()) > 0) await removeProvider(browser.page, PROVIDER);
});

async function openDialog(page: Page, tab: string): Promise<Locator> {
  await open(page, "/providers");
  await page.getByRole("button", { name: "Connect ChatGPT" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name in the gateway").fill(PROVIDER);
  await dialog.getByRole("tab", { name: tab }).click();
  return dialog;
}

/** Presses a button of the page that opens a tab; returns the tab once it shows the simulated sign-in. */
async function openedTab(press: () => Promise<void>): Promise<Page> {
  const [tab] = await Promise.all([browser.context.waitForEvent("page"), press()]);
  await tab.waitForURL(`${SIMULATOR_URL}/**`);
  return tab;
}

/** Signs in with the free account, and returns to the dashboard's tab: one in the background is hardly drawn. */
async function chooseAccount(tab: Page): Promise<void> {
  await tab.locator(`[id="account-${FREE_ACCOUNT}"]`).click();
  await browser.page.bringToFront();
}

/** As on a machine where nothing listens on the callback port: the redirect to it leads nowhere. Gives its address. */
function loseCallback(context: BrowserContext): Promise<string> {
  return new Promise((resolve) => {
    void context.route(`${SIMULATOR_URL}/**`, async (route) => {
      const response = await route.fetch({ maxRedirects: 0 });
      const { location } = response.headers();
      if (!location?.includes("/auth/callback")) return route.fulfill({ response });
      await route.fulfill({ status: 200, contentType: "text/plain", body: "not reached" });
      resolve(new URL(location, SIMULATOR_URL).href);
    });
  });
}

async function connected(dialog: Locator): Promise<void> {
  await dialog.getByText(`Connected: ${FREE_ACCOUNT}`).waitFor();
}

/** The new row is ready; then it is signed out and taken away again. */
async function cleanUp(page: Page, dialog: Locator): Promise<void> {
  await dialog.getByRole("button", { name: "Done" }).click();
  const row = providerRow(page, PROVIDER);
  await row.getByText(FREE_ACCOUNT).waitFor();
  await row.getByText("Ready", { exact: true }).waitFor();
  await page.getByRole("button", { name: `More actions for ${PROVIDER}` }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await row.getByText("Signed out", { exact: true }).waitFor();
  await removeProvider(page, PROVIDER);
}

test("an account is connected in the browser, and the dialog survives a reload", async () => {
  const { page } = browser;
  const dialog = await openDialog(page, "Browser");
  await dialog.getByText("ssh -L 1455:localhost:1455").waitFor();
  const tab = await openedTab(() => dialog.getByRole("button", { name: "Start sign-in" }).click());
  await page.bringToFront();
  await dialog.getByText(/Waiting for the sign-in/).waitFor();
  await page.reload();
  await dialog.getByText(/Waiting for the sign-in/).waitFor();
  await chooseAccount(tab);
  await connected(dialog);
  await cleanUp(page, dialog);
});

test("an account is connected with a device code", async () => {
  const { page, context } = browser;
  const dialog = await openDialog(page, "Device code");
  await dialog.getByRole("button", { name: "Get a code" }).click();
  const code = await dialog.getByTestId("user-code").textContent();
  expect(await dialog.getByRole("link", { name: "Open the sign-in page" }).getAttribute("href")).toContain(
    "http",
  );
  const tab = await context.newPage();
  await tab.goto(`${SIMULATOR_URL}/codex/device`);
  await tab.locator("input[name=user_code]").fill(code ?? "");
  // The account buttons may stand on the code's page, or on the next one.
  if ((await tab.locator("button[name=account]").count()) === 0)
    await tab.locator("button[type=submit]:not([name])").click();
  await chooseAccount(tab);
  await connected(dialog);
  await cleanUp(page, dialog);
});

test("an account is connected by pasting the address that could not load", async () => {
  const { page, context } = browser;
  const dialog = await openDialog(page, "Paste URL");
  const lost = loseCallback(context);
  const tab = await openedTab(() => dialog.getByRole("button", { name: "Start sign-in" }).click());
  await chooseAccount(tab);
  const url = await lost;
  const forged = new URL(url);
  forged.searchParams.set("state", "wrong");

  await dialog.getByLabel("Address of that page").fill(forged.href);
  await dialog.getByRole("button", { name: "Finish sign-in" }).click();
  await dialog.getByRole("alert").getByText("invalid state parameter").waitFor();

  await dialog.getByLabel("Address of that page").fill(url);
  await dialog.getByRole("button", { name: "Finish sign-in" }).click();
  await connected(dialog);
  await cleanUp(page, dialog);
});

test("an account is connected by importing auth.json, and the shared token is warned of", async () => {
  const { page } = browser;
  const path = `/__sim/accounts/${encodeURIComponent(FREE_ACCOUNT)}/auth-json`;
  const answer = await fetch(`${SIMULATOR_URL}${path}`, { method: "POST" });
  expect(answer.status).toBe(200);
  const dialog = await openDialog(page, "Import auth.json");
  await dialog.getByLabel("File").setInputFiles({
    name: "auth.json",
    mimeType: "application/json",
    buffer: Buffer.from(await answer.arrayBuffer()),
  });
  await dialog.getByRole("button", { name: "Import" }).click();
  await connected(dialog);
  await dialog.getByText(/must not share/i).waitFor();
  await cleanUp(page, dialog);
});

test("a sign-in can be given up", async () => {
  const { page } = browser;
  const dialog = await openDialog(page, "Device code");
  await dialog.getByRole("button", { name: "Get a code" }).click();
  await dialog.getByRole("button", { name: "Cancel sign-in" }).click();
  await dialog.getByRole("button", { name: "Get a code" }).waitFor();
});
