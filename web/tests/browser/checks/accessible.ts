import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, launch } from "../browser";
import { PAGES, visit } from "../pages";
import { api, chooseToken, open, signIn } from "../support";
import { violations } from "./axe";
import { THEMES, type Theme, wear } from "./themes";

/** The page, as it is open now, is in nobody's way in any of the looks. */
async function isAccessible(page: Page): Promise<void> {
  const found: string[] = [];
  for (const theme of Object.keys(THEMES) as Theme[]) {
    await wear(page, theme);
    for (const each of await violations(page, theme === "light" ? "everything" : "colours"))
      found.push(`${theme}: ${each}`);
  }
  expect(found).toEqual([]);
}

interface Opening {
  what: string;
  heading: string;
  path: string;
  open: (page: Page) => Promise<void>;
  upTo?: number;
}

/** What opens when something on a page is pressed. */
const OPENINGS: Opening[] = [
  {
    what: "the menu of an account",
    path: "/providers",
    heading: "providers.title",
    open: async (page) => {
      await page.getByRole("button", { name: "More actions for codex-grace" }).click();
      await page.getByRole("menuitem").first().waitFor();
    },
  },
  {
    what: "a request's details",
    path: "/requests",
    heading: "requests.title",
    open: async (page) => {
      await page.locator("#main table a").first().click();
      await page.getByRole("dialog").getByText("Why this account?").waitFor();
    },
  },
  {
    what: "the navigation",
    path: "/settings",
    heading: "settings.title",
    upTo: 390,
    open: async (page) => {
      await page.getByRole("button", { name: "Open navigation" }).click();
      await page.getByRole("dialog").getByRole("link", { name: "Overview" }).waitFor();
    },
  },
];

/** Every page and every window at this width, in all looks. */
export function accessibleAt(width: number) {
  describe(`${width} px wide`, () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await launch({ width });
    });

    afterAll(async () => {
      await browser.close();
      expect(browser.complaints).toEqual([]);
    });

    test("both ways to sign in are in nobody's way", async () => {
      const { page } = browser;
      await open(page, "/");
      await chooseToken(page);
      await isAccessible(page);
      await page.getByRole("button", { name: "Use e-mail address and password" }).click();
      await page.getByLabel("Password").waitFor();
      await isAccessible(page);
    });

    test("what is for people without a session is in nobody's way", async () => {
      const { page } = browser;
      await open(page, "/me");
      await page.getByLabel("API key").waitFor();
      await isAccessible(page);
      const made = await api("POST", "/v1/invitations", { kind: "member", role: "viewer" });
      const { id, url } = (await made.json()) as { id: string; url: string };
      await open(page, `/invite${new URL(url).hash}`);
      await page.getByLabel("New password").waitFor();
      await isAccessible(page);
      await api("DELETE", `/v1/invitations/${id}`);
      await signIn(page);
    });

    test.each(PAGES)("$path is in nobody's way", async (entry) => {
      const { page } = browser;
      await visit(page, entry);
      await isAccessible(page);
    });

    const here = OPENINGS.filter(({ upTo }) => upTo === undefined || width <= upTo);
    test.each(here)("$what is in nobody's way", async ({ open: press, ...entry }) => {
      const { page } = browser;
      await visit(page, entry);
      await press(page);
      await isAccessible(page);
      await page.keyboard.press("Escape");
    });
  });
}
