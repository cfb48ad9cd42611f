import type { Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Role } from "../../src/api/access";
import { eachInBrowser } from "./browser";
import { enterAs } from "./session";
import { makeUser, open, openPalette, removeUser } from "./support";

const PASSWORD = "four words of an offline one";
const TENANT = "browser-offline";

interface Case {
  role: Role;
  width: number;
  path: string;
  field: string;
  action: string;
  /** The form is in a window, which covers the page's own words. */
  window: boolean;
}

const CASES: Case[] = [
  { role: "viewer", width: 1280, path: "/account", field: "Display name", action: "Save", window: false },
  { role: "viewer", width: 390, path: "/account", field: "Display name", action: "Save", window: false },
  {
    role: "admin",
    width: 390,
    path: "/settings/users?invite=true",
    field: "E-mail address",
    action: "Make the link",
    window: true,
  },
];

describe.each(CASES)("without a network on $path, as $role, $width px wide", (one) => {
  const email = `browser-offline-${one.role}@example.com`;
  const text = one.window ? `${TENANT}@example.com` : TENANT;
  const browser = eachInBrowser({ width: one.width });

  beforeEach(async () => {
    await removeUser(email);
    await makeUser(email, PASSWORD, one.role);
    await browser.context.addCookies(await enterAs(email, PASSWORD));
    await open(browser.page, one.path);
  });

  afterEach(async () => {
    await removeUser(email);
  });

  const place = (page: Page) => (one.window ? page.getByRole("dialog") : page.locator("#main"));
  const formOf = (page: Page) =>
    place(page)
      .locator("form", { has: page.getByLabel(one.field) })
      .first();

  test("the page says so at once, keeps what is written, and goes on by itself", async () => {
    const { page, context } = browser;
    const form = formOf(page);
    await form.getByLabel(one.field).fill(text);
    await context.setOffline(true);
    const said = (one.window ? page.getByRole("dialog") : page).getByText("This device is offline.").first();
    await said.waitFor();
    // It stays in sight wherever one is on the page.
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    const box = await said.boundingBox();
    expect(box && box.y >= 0 && box.y < 900).toBe(true);
    await form.getByRole("button", { name: one.action, exact: true }).click();
    await form.getByText("it is not known whether this was done").waitFor();
    expect(await form.getByLabel(one.field).inputValue()).toBe(text);

    await context.setOffline(false);
    await said.waitFor({ state: "detached" });
    await form.getByText("It answers again now").waitFor();
    expect(await form.getByLabel(one.field).inputValue()).toBe(text);
    await form.getByRole("button", { name: one.action, exact: true }).click();
    await form.getByText("It answers again now").waitFor({ state: "detached" });
    await place(page)
      .getByText(one.window ? "Copy the link now" : "Saved.")
      .first()
      .waitFor();
    await page.locator("#main").getByRole("alert").first().waitFor({ state: "detached" });
  });
});

describe("a page that was left", () => {
  const email = "browser-offline-left@example.com";
  const browser = eachInBrowser();

  beforeEach(async () => {
    await removeUser(email);
    await makeUser(email, PASSWORD, "admin");
    await browser.context.addCookies(await enterAs(email, PASSWORD));
  });

  afterEach(async () => {
    await removeUser(email);
  });

  test("says in a notification what failed afterwards", async () => {
    const { page, context } = browser;
    await open(page, "/");
    await page.locator("#main h1").waitFor();
    await context.route("**/v1/auth/session", (route) =>
      route.request().method() === "DELETE" ? route.abort("connectionrefused") : route.fallback(),
    );
    await openPalette(page);
    await page.keyboard.type("sign out");
    await page.keyboard.press("Enter");
    await page
      .getByRole("region", { name: "Notifications" })
      .getByText(/was not done/)
      .waitFor();
  });
});
