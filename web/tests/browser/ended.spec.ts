import type { Page, Request } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../src/api/access";
import { eachInBrowser } from "./browser";
import { violations } from "./checks/axe";
import { THEMES, type Theme, wear } from "./checks/themes";
import { enterAs } from "./session";
import { api, type Browser, launch, makeUser, open, removeUser } from "./support";

const PASSWORD = "four words of an ended one";
const OTHER = "browser-ended-other@example.com";
const AGENT = "browser-ended";

/** Ends the session behind the page's back, as running out or another device would. */
function end(page: Page): Promise<unknown> {
  const headers = { "x-gateway-csrf": "1" };
  return page.evaluate((init) => fetch("/v1/auth/session", init).then(({ status }) => status), {
    method: "DELETE",
    headers,
  });
}

const callOf = (request: Request) => `${request.method()} ${new URL(request.url()).pathname}`;
const sheetOf = (page: Page) => page.getByRole("dialog", { name: "Sign in again" });

async function signInOver(page: Page, email?: string): Promise<void> {
  const sheet = sheetOf(page);
  if (email !== undefined) await sheet.getByLabel("E-mail address").fill(email);
  await sheet.getByLabel("Password").fill(PASSWORD);
  await sheet.getByRole("button", { name: "Sign in", exact: true }).click();
  await sheet.waitFor({ state: "detached" });
}

interface Case {
  role: Role;
  width: number;
  path: string;
  field: string;
  /** What saving sends. */
  call: string;
}

const CASES: Case[] = [
  { role: "viewer", width: 1280, path: "/account", field: "Display name", call: "PUT /v1/account" },
  { role: "admin", width: 390, path: "/agents?create=true", field: "Key", call: "POST /v1/agents" },
];

describe.each(CASES)("a session that ends on $path, as $role, $width px wide", (one) => {
  const email = `browser-ended-${one.role}@example.com`;
  let browser: Browser;

  beforeEach(async () => {
    for (const each of [email, OTHER]) await removeUser(each);
    await api("DELETE", `/v1/agents/${AGENT}`);
    await makeUser(email, PASSWORD, one.role);
    browser = await launch({ width: one.width });
    await browser.context.addCookies(await enterAs(email, PASSWORD));
    await open(browser.page, one.path);
    await browser.page.getByLabel(one.field, { exact: true }).fill(AGENT);
  });

  afterEach(async () => {
    const { complaints } = browser;
    await browser.close();
    for (const each of [email, OTHER]) await removeUser(each);
    await api("DELETE", `/v1/agents/${AGENT}`);
    expect(complaints).toEqual([]);
  });

  const save = (page: Page) =>
    page
      .locator("#main form", { has: page.getByLabel(one.field, { exact: true }) })
      .getByRole("button", { name: "Save" });
  const written = (page: Page) => page.getByLabel(one.field, { exact: true }).inputValue();

  test("is said over the page, and what was written is saved after signing in again", async () => {
    const { page } = browser;
    const sent: string[] = [];
    page.on("request", (request) => {
      if (callOf(request) === one.call) sent.push(one.call);
    });
    await end(page);
    await save(page).click();
    const sheet = sheetOf(page);
    await sheet.getByText(email).waitFor();
    expect(await sheet.getByLabel("E-mail address").inputValue()).toBe(email);
    expect(await written(page)).toBe(AGENT);
    for (const theme of Object.keys(THEMES) as Theme[]) {
      await wear(page, theme);
      expect(await violations(page, theme === "light" ? "everything" : "colours")).toEqual([]);
    }
    // There is no way around it by accident.
    await page.keyboard.press("Escape");
    await signInOver(page);
    expect(await written(page)).toBe(AGENT);
    await page.locator("#main").getByText("You were signed out, so this was not done.").waitFor();
    expect(sent).toHaveLength(1);
    const done = page.waitForResponse((response) => callOf(response.request()) === one.call);
    await save(page).click();
    expect((await done).ok()).toBe(true);
    expect(sent).toHaveLength(2);
  });

  test("is over for somebody else who signs in: they begin anew", async () => {
    const { page } = browser;
    await makeUser(OTHER, PASSWORD, "viewer");
    await end(page);
    await save(page).click();
    await sheetOf(page).getByLabel("Password").waitFor();
    await signInOver(page, OTHER);
    await page.locator("#main h1").waitFor();
    expect(await page.locator(`input[value="${AGENT}"]`).count()).toBe(0);
    expect(await page.getByText("Leave without saving?").count()).toBe(0);
  });
});

describe("two tabs of one browser", () => {
  const email = "browser-ended-tabs@example.com";
  const browser = eachInBrowser();

  beforeEach(async () => {
    await removeUser(email);
    await makeUser(email, PASSWORD, "viewer");
    await browser.context.addCookies(await enterAs(email, PASSWORD));
  });

  afterEach(async () => {
    await removeUser(email);
  });

  test("go on together when one of them signs in, and go out together", async () => {
    const { page, context } = browser;
    const other = await context.newPage();
    for (const each of [page, other]) {
      await open(each, "/account");
      await each.getByLabel("Display name").fill("half written");
    }
    await end(page);
    for (const each of [page, other]) {
      // Whatever asks the gateway next.
      await each.evaluate(() => window.dispatchEvent(new Event("online")));
      await sheetOf(each).getByLabel("Password").waitFor();
    }
    await signInOver(page);
    await sheetOf(other).waitFor({ state: "detached" });
    for (const each of [page, other])
      expect(await each.getByLabel("Display name").inputValue()).toBe("half written");

    // Signing out on purpose asks for what is not saved here, and takes the page away everywhere.
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Leave without saving" }).click();
    for (const each of [page, other])
      await each.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  });
});
