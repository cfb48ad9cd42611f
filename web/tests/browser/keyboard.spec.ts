import type { Locator, Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { SIMULATOR_URL, TOKEN } from "./session";
import { api, open } from "./support";
import { until } from "./until";

/** A tenant of its own: its accounts, pools and keys are in nobody's way. */
const SLUG = "keyboard-lab";
const NAME = "Keyboard Lab";
const ACCOUNTS = [
  ["first-account", "new@example.com"],
  ["second-account", "linus@example.com"],
] as const;
const MOST_STOPS = 150;
const browser = eachInBrowser();

beforeEach(async () => {
  await api("DELETE", `/v1/tenants/${SLUG}?confirm=${SLUG}`);
  const made = await api("POST", "/v1/tenants", { slug: SLUG, name: NAME });
  expect(made.status).toBe(201);
});

afterEach(async () => {
  await api("DELETE", `/v1/tenants/${SLUG}?confirm=${SLUG}`);
});

const isFocused = (target: Locator) => target.evaluate((element) => element === document.activeElement);

/** What is wrong with where the focus is: nowhere, out of sight, or on something that doesn't show it. */
function lost(page: Page): Promise<string> {
  return page.evaluate(() => {
    const at = document.activeElement;
    if (!at || at === document.body) return "the focus is nowhere";
    const rings = (element: Element | null) => {
      if (!element) return false;
      const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
      return (outlineStyle !== "none" && Number.parseFloat(outlineWidth) > 0) || boxShadow !== "none";
    };
    const { width, height, bottom, top } = at.getBoundingClientRect();
    const name = at.outerHTML.slice(0, 400);
    if (width === 0 || height === 0) return `the focus is on something without a size: ${name}`;
    if (bottom < 0 || top > window.innerHeight) return `the focus is out of sight: ${name}`;
    // A field without a frame of its own is shown by the frame around it.
    return rings(at) || rings(at.closest("[class*='focus-within:outline']"))
      ? ""
      : `the focus is not shown: ${name}`;
  });
}

/** Tabs to the target, and looks at every stop on the way. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    await page.keyboard.press("Tab");
    // The browser's own frame has a turn between the last and the first of the page.
    if (await page.evaluate(() => document.activeElement === document.body)) await page.keyboard.press("Tab");
    expect(await lost(page)).toBe("");
    if (await isFocused(target)) return;
  }
  throw new Error(`${target} is not reached with the keyboard`);
}

/** Something was closed or replaced: the focus has to be somewhere on the page. */
async function keptFocus(page: Page): Promise<void> {
  await until(
    () => page.evaluate(() => document.activeElement !== document.body && document.activeElement !== null),
    "the focus to be somewhere",
    5_000,
  );
}

async function press(page: Page, target: Locator, key = "Enter"): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press(key);
}

async function go(page: Page, link: string, heading = link): Promise<void> {
  await press(page, page.locator("aside").getByRole("link", { name: link, exact: true }));
  const h1 = page.getByRole("heading", { level: 1, name: heading, exact: true });
  await h1.waitFor();
  await until(() => isFocused(h1), `the focus on the heading ${heading}`, 10_000);
}

async function authJson(account: string): Promise<string> {
  const path = `/__sim/accounts/${encodeURIComponent(account)}/auth-json`;
  return (await fetch(`${SIMULATOR_URL}${path}`, { method: "POST" })).text();
}

async function connect(page: Page, name: string, account: string): Promise<void> {
  const button = page.getByRole("button", { name: "Connect ChatGPT" }).first();
  await press(page, button);
  const dialog = page.getByRole("dialog");
  await dialog.waitFor();
  await keptFocus(page);
  if (!(await isFocused(dialog.getByLabel("Name in the gateway"))))
    await tabTo(page, dialog.getByLabel("Name in the gateway"));
  await page.keyboard.insertText(name);
  await tabTo(page, dialog.getByRole("tab", { selected: true }));
  const way = dialog.getByRole("tab", { name: "Import auth.json" });
  for (let tab = 0; tab < 4 && !(await isFocused(way)); tab += 1) await page.keyboard.press("ArrowRight");
  await tabTo(page, dialog.getByRole("textbox").last());
  await page.keyboard.insertText(await authJson(account));
  await press(page, dialog.getByRole("button", { name: "Import", exact: true }));
  await dialog.getByText(`Connected: ${account}`).waitFor();
  await keptFocus(page);
  await press(page, dialog.getByRole("button", { name: "Done" }));
  await dialog.waitFor({ state: "detached" });
  await keptFocus(page);
}

test("everything that matters is done with the keyboard alone, and the focus is always seen", async () => {
  const { page } = browser;
  const dialog = page.getByRole("dialog");

  // In, and to the tenant.
  await open(page, "/");
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.locator("form input").first().waitFor();
  const choice = page.getByRole("button", { name: "Use the gateway’s token" });
  if (await choice.isVisible()) await press(page, choice);
  const field = page.getByLabel("Gateway token");
  await field.waitFor();
  if (!(await isFocused(field))) await tabTo(page, field);
  await page.keyboard.insertText(TOKEN);
  await page.keyboard.press("Enter");
  await page.locator("#main h1").waitFor();
  await keptFocus(page);
  const tenant = page.locator("aside").getByLabel("Tenant");
  await tabTo(page, tenant);
  await page.keyboard.type(NAME);
  await expect.poll(() => tenant.inputValue()).toBe(SLUG);

  // Two accounts, and a pool of them.
  await go(page, "Providers");
  await page.getByText("No provider yet").waitFor();
  for (const [name, account] of ACCOUNTS) await connect(page, name, account);
  await go(page, "Pools");
  await press(page, page.getByRole("button", { name: "Make a pool" }).first());
  await dialog.waitFor();
  await tabTo(page, dialog.getByLabel("Add an account…"));
  await page.keyboard.press("ArrowDown");
  await press(page, dialog.getByRole("button", { name: "Save" }));
  await dialog.waitFor({ state: "detached" });
  await keptFocus(page);
  await page.locator(`[data-pool="${ACCOUNTS[0][0]}"]`).waitFor();

  // A question and its answer.
  await go(page, "Chat");
  await tabTo(page, page.getByLabel("Message"));
  await page.keyboard.type("Say hello.");
  await page.keyboard.press("Enter");
  await page.getByTestId("served").waitFor();
  // It ends there, and not because the page is left.
  await page.getByRole("button", { name: "Stop" }).waitFor({ state: "detached" });
  await keptFocus(page);

  // The request that it made, found by a filter, and its details.
  await go(page, "Requests");
  await tabTo(page, page.getByLabel("Status", { exact: true }));
  await page.keyboard.type("Compl");
  await expect.poll(() => new URL(page.url()).search).toContain("outcome=completed");
  const request = page.locator("#main tbody a").first();
  await press(page, request);
  await dialog.getByText("Why this account?").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  const row = page.locator("#main tbody tr").first();
  const back = () => row.evaluate((element) => element.contains(document.activeElement));
  await until(back, "the focus to be back on the request", 10_000);

  // A key, made and revoked.
  await go(page, "API keys");
  await press(page, page.getByRole("button", { name: "Create a key" }).first());
  await dialog.waitFor();
  await keptFocus(page);
  const name = dialog.getByLabel("Name", { exact: true });
  if (!(await isFocused(name))) await tabTo(page, name);
  await page.keyboard.type("by-keyboard");
  await press(page, dialog.getByRole("button", { name: "Create a key" }));
  await dialog.getByTestId("secret").waitFor();
  await keptFocus(page);
  await press(page, dialog.getByRole("button", { name: "I have stored it" }));
  await dialog.waitFor({ state: "detached" });
  await keptFocus(page);
  await press(page, page.getByRole("button", { name: "More actions for by-keyboard" }));
  const revoke = page.getByRole("menuitem", { name: "Revoke" });
  await revoke.waitFor();
  for (let item = 0; item < 6 && !(await isFocused(revoke)); item += 1)
    await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await dialog.waitFor();
  // It cannot be taken back, so it is held.
  await tabTo(page, dialog.getByRole("button", { name: "Revoke" }));
  await page.keyboard.down("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.keyboard.up("Enter");
  await page.locator('tr[data-key="by-keyboard"]').getByText("Revoked").waitFor();
  await keptFocus(page);
});
