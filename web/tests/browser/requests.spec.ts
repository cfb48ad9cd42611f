import { afterEach, beforeEach, expect, test } from "vitest";
import { ask, type Browser, launch, signIn } from "./support";

let browser: Browser;

beforeEach(async () => {
  await ask("Say hello.");
  browser = await launch();
  await signIn(browser.page, "/requests");
});

afterEach(async () => {
  const { complaints } = browser;
  await browser.close();
  expect(complaints).toEqual([]);
});

test("the filters stand in the address, survive a reload and can be cleared", async () => {
  const { page } = browser;
  const rows = page.locator("tbody tr");
  await rows.first().waitFor();
  await page.getByLabel("Status", { exact: true }).selectOption("completed");
  await page.getByLabel("Time", { exact: true }).selectOption("1h");
  await expect.poll(() => new URL(page.url()).search).toBe("?outcome=completed&period=1h");
  await page.reload();
  await rows.first().waitFor();
  expect(await page.getByLabel("Status", { exact: true }).inputValue()).toBe("completed");
  const words = await rows.locator("td:nth-child(2)").allInnerTexts();
  expect(new Set(words.map((it) => it.trim()))).toEqual(new Set(["Completed"]));
});

test("a request opens on its attempts and its decision, and Escape gives the focus back", async () => {
  const { page } = browser;
  const link = page.locator("tbody tr a").first();
  await link.focus();
  await link.press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Why this account?").waitFor();
  await dialog.getByText("Accounts tried").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
});
