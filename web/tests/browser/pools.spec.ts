import type { Locator, Page } from "playwright-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ask, type Browser, DEMO_HAS_POOL, launch, POOL, signIn } from "./support";

const [OWNER, FIRST, SECOND] = POOL;
let browser: Browser;

const card = (page: Page): Locator => page.locator(`[data-pool="${OWNER}"]`);

async function order(page: Page): Promise<(string | null)[]> {
  const rows = await card(page).locator("[data-account]").all();
  return Promise.all(rows.map((row) => row.getAttribute("data-account")));
}

async function saved(page: Page): Promise<void> {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Save" }).press("Enter");
  await dialog.waitFor({ state: "detached" });
}

/** The pool as the demo makes it, also after a run that was broken off. */
async function poolExists(page: Page): Promise<void> {
  await card(page).or(page.getByText("No pool yet")).first().waitFor();
  if (await card(page).isVisible()) return;
  await page.getByRole("button", { name: "Make a pool" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Owner").selectOption(OWNER);
  for (const name of [FIRST, SECOND]) await dialog.getByLabel("Add an account…").selectOption(name);
  await saved(page);
  await card(page).waitFor();
}

describe.runIf(DEMO_HAS_POOL)("pools", () => {
  beforeEach(async () => {
    browser = await launch();
    await signIn(browser.page, "/pools");
    await poolExists(browser.page);
  });

  afterEach(async () => {
    const { complaints } = browser;
    await browser.close();
    expect(complaints).toEqual([]);
  });

  test("every account shows its state, its quota with source and age, and what it did", async () => {
    const { page } = browser;
    for (const name of POOL) {
      const row = card(page).locator(`[data-account="${name}"]`);
      await row.getByText("5 hours", { exact: true }).waitFor();
      await row
        .getByText(/\d+ ?% left/)
        .first()
        .waitFor();
      await row
        .getByText(/resets in/)
        .first()
        .waitFor();
      await row.getByText("Last used").waitFor();
    }
  });

  test("a request appears by itself, and says why it went where it went", async () => {
    const { page } = browser;
    await page.getByText("Live", { exact: true }).waitFor();
    const newest = card(page).locator("tbody tr time").first();
    await newest.waitFor();
    const before = await newest.getAttribute("datetime");
    await ask("Say hello.");
    await expect.poll(() => newest.getAttribute("datetime"), { timeout: 15_000 }).not.toBe(before);
    await card(page).getByRole("button", { name: "Why?" }).first().click();
    await card(page).getByTestId("decision").waitFor();
    await card(page).getByRole("link", { name: "Details of the request" }).click();
    await page.getByRole("dialog").getByText("Why this account?").waitFor();
  });

  test("the order is changed with the keyboard alone, and back", async () => {
    const { page } = browser;
    expect(await order(page)).toEqual([OWNER, FIRST, SECOND]);
    for (const [name, after] of [
      [SECOND, [OWNER, SECOND, FIRST]],
      [FIRST, [OWNER, FIRST, SECOND]],
    ] as const) {
      await page.getByRole("button", { name: `Edit the pool of ${OWNER}` }).press("Enter");
      await page.getByRole("button", { name: `Move ${name} up` }).press("Enter");
      await saved(page);
      await expect.poll(() => order(page)).toEqual(after);
    }
  });

  test("a pool is dissolved, its accounts stay, and it is made again", async () => {
    const { page } = browser;
    await page.getByRole("button", { name: `Dissolve the pool of ${OWNER}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Dissolve", exact: true }).click();
    await page.getByText("No pool yet").waitFor();
    for (const name of POOL) await page.locator(`[data-account="${name}"]`).waitFor();
    await poolExists(page);
    expect(await order(page)).toEqual([OWNER, FIRST, SECOND]);
  });
});
