import type { Locator, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, openPalette, signIn } from "./support";
import { latch } from "./until";

const KEYS = Array.from({ length: 4 }, (_, index) => `browser-toast-${index}`);

/** Whether a press in its middle reaches it. */
const isReached = (it: Locator) =>
  it.evaluate((element) => {
    const { x, y, width, height } = element.getBoundingClientRect();
    const top = document.elementFromPoint(x + width / 2, y + height / 2);
    return top !== null && (element.contains(top) || top.contains(element));
  });

async function expectReached(all: Locator[]): Promise<void> {
  for (const each of all) {
    await each.scrollIntoViewIfNeeded();
    await each.focus();
    expect([await each.evaluate((it) => it.outerHTML.slice(0, 160)), await isReached(each)]).toEqual([
      expect.any(String),
      true,
    ]);
  }
}

const pressable = (page: Page) =>
  page.locator("#main").locator("button:visible, a:visible, input:visible").all();

describe.each([390, 1280])("a notification, %i px wide", (width) => {
  const browser = eachInBrowser({ width });

  beforeEach(async () => {
    for (const agent_key of KEYS) await api("POST", "/v1/agents", { agent_key });
  });

  afterEach(async () => {
    for (const key of KEYS) await api("DELETE", `/v1/agents/${key}`);
  });

  test("covers nothing that can be pressed, on the page or in a window, and can be pressed itself", async () => {
    const { page, context } = browser;
    await signIn(page, "/agents");
    await page.getByText(`agent:${KEYS.at(-1)}`).waitFor();
    // What fails after its place is gone is said until somebody has read it.
    const { opened: failing, open: fail } = latch();
    await context.route("**/v1/auth/session", async (route) => {
      if (route.request().method() !== "DELETE") return route.fallback();
      await failing;
      return route.fulfill({ status: 500, json: {} });
    });
    const palette = await openPalette(page);
    await page.keyboard.type("sign out");
    await page.keyboard.press("Enter");
    await palette.waitFor({ state: "detached" });
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
    // As far down as the page goes: what ends it stays in sight.
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    fail();
    const said = page.getByRole("region", { name: "Notifications" });
    await said.getByText(/was not done/).waitFor();
    const ends = await page.evaluate(
      () => document.documentElement.scrollHeight - window.innerHeight - window.scrollY,
    );
    expect(Math.abs(ends)).toBeLessThan(3);
    await expectReached((await pressable(page)).slice(-4));
    // A window ends above it as well, and stays open when it is pressed.
    await openPalette(page);
    await page.keyboard.type("create a key");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Cancel" }).waitFor();
    await expectReached(await dialog.getByRole("button").all());
    await said.getByRole("button", { name: "Close" }).click();
    await said.getByRole("button").first().waitFor({ state: "detached" });
    expect(await dialog.isVisible()).toBe(true);
  });
});
