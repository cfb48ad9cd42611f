import type { Locator, Page } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { ask, DEMO_HAS_POOL, open, POOL, signIn } from "./support";

const [OWNER, FIRST, SECOND] = POOL;
const PAGE = `/pools/${OWNER}`;
const browser = eachInBrowser();

const card = (page: Page): Locator => page.locator(`[data-pool="${OWNER}"]`);
const row = (page: Page, name: string): Locator => card(page).locator(`[data-account="${name}"]`);

async function order(page: Page): Promise<(string | null)[]> {
  const rows = await card(page).locator("[data-account]").all();
  return Promise.all(rows.map((it) => it.getAttribute("data-account")));
}

async function choose(page: Page, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `More actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
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
    await signIn(browser.page, "/pools");
    await poolExists(browser.page);
  });

  test("the list leads to a pool, whose accounts show their state, their quota and what they did", async () => {
    const { page } = browser;
    await page.getByRole("link", { name: OWNER, exact: true }).click();
    await page.getByRole("heading", { level: 1, name: OWNER }).waitFor();
    for (const name of POOL) {
      await row(page, name).getByText("5 hours", { exact: true }).waitFor();
      const left = row(page, name).getByText(/\d+ ?% left/);
      await left.first().waitFor();
      const resets = row(page, name).getByText(/resets in/);
      await resets.first().waitFor();
      await row(page, name).getByText("Last used").waitFor();
    }
  });

  test("a request appears by itself, draws its way, and says why it went there", async () => {
    const { page } = browser;
    await open(page, PAGE);
    await page.getByText("Live", { exact: true }).waitFor();
    const table = page.getByRole("region", { name: `Recent requests: ${OWNER}` });
    await ask("Say hello.");
    const newest = table.locator("tbody tr time").first();
    await newest.waitFor();
    const before = await newest.getAttribute("datetime");
    await ask("Say hello again.");
    await expect.poll(() => newest.getAttribute("datetime"), { timeout: 15_000 }).not.toBe(before);
    await page.locator("svg .route").first().waitFor({ state: "attached" });
    await table.getByRole("button", { name: "Why?" }).first().click();
    await table.getByTestId("decision").waitFor();
    await table.getByRole("link", { name: "Details of the request" }).click();
    await page.getByRole("dialog").getByText("Why this account?").waitFor();
  });

  test("the order is changed with the keyboard alone, and taken back", async () => {
    const { page } = browser;
    await open(page, PAGE);
    const handle = page.getByRole("button", { name: `Move ${SECOND}` });
    await handle.press("Space");
    await page.keyboard.press("ArrowUp");
    expect(await order(page)).toEqual([OWNER, SECOND, FIRST]);
    await page.keyboard.press("Space");
    await page.getByText(`${SECOND} is now number 2.`).waitFor();
    await page.reload();
    await row(page, SECOND).waitFor();
    expect(await order(page)).toEqual([OWNER, SECOND, FIRST]);
    await page.getByRole("button", { name: `Move ${FIRST}` }).press("Space");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("Enter");
    await page.getByText(`${FIRST} is now number 2.`).waitFor();
    await expect.poll(() => order(page)).toEqual([OWNER, FIRST, SECOND]);
  });

  test("the order is changed by dragging, and undone with one press", async () => {
    const { page } = browser;
    await open(page, PAGE);
    const handle = page.getByRole("button", { name: `Move ${SECOND}` });
    // Once it stands still.
    await handle.hover();
    const from = await handle.boundingBox();
    const over = await row(page, FIRST).boundingBox();
    if (!from || !over) throw new Error("nothing to drag");
    await page.mouse.down();
    await page.mouse.move(from.x + 4, over.y + 8, { steps: 8 });
    await expect.poll(() => order(page)).toEqual([OWNER, SECOND, FIRST]);
    await page.mouse.up();
    await page.getByText(`${SECOND} is now number 2.`).waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await expect.poll(() => order(page)).toEqual([OWNER, FIRST, SECOND]);
  });

  test("an account is paused and comes back, and is taken out and added again", async () => {
    const { page } = browser;
    await open(page, PAGE);
    await choose(page, SECOND, "Pause");
    await row(page, SECOND).getByText("Switched off").waitFor();
    await choose(page, SECOND, "Resume");
    await row(page, SECOND).getByText("Switched off").waitFor({ state: "detached" });
    await choose(page, SECOND, "Take out of the pool");
    await row(page, SECOND).waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Add an account" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByText("An account is in one pool at most.").waitFor();
    await dialog.getByLabel(SECOND).check();
    await dialog.getByRole("button", { name: "Add 1 account" }).click();
    await dialog.waitFor({ state: "detached" });
    await expect.poll(() => order(page)).toEqual([OWNER, FIRST, SECOND]);
  });

  test("another strategy is looked at before it is taken, and the link keeps it", async () => {
    const { page } = browser;
    await open(page, PAGE);
    const strategies = page.getByRole("group", { name: "Strategy" });
    const current = await strategies.getByRole("radio", { checked: true }).getAttribute("value");
    const other = current === "quota_aware" ? "round_robin" : "quota_aware";
    await page.locator(`input[type="radio"][value="${other}"]`).check();
    await expect.poll(() => page.url()).toContain(`strategy=${other}`);
    await page.getByRole("region", { name: "What the last 200 requests would have done" }).waitFor();
    await page.reload();
    await page.locator(`input[type="radio"][value="${other}"]:checked`).waitFor();
    await page.getByRole("button", { name: "Keep as it is" }).click();
    await page.locator(`input[type="radio"][value="${current}"]:checked`).waitFor();
  });

  test("a pool is dissolved, its accounts stay, and it is made again", async () => {
    const { page } = browser;
    await open(page, PAGE);
    await page.getByRole("button", { name: "Dissolve" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Dissolve", exact: true }).click();
    await page.getByText("No pool yet").waitFor();
    for (const name of POOL) await page.locator(`[data-account="${name}"]`).waitFor();
    await poolExists(page);
    expect(await order(page)).toEqual([OWNER, FIRST, SECOND]);
  });

  test("a pool that is not there says so", async () => {
    const { page } = browser;
    await open(page, "/pools/nobody-here");
    await page.getByText("No such pool").waitFor();
    await page.getByRole("link", { name: "All pools" }).click();
    await page.getByRole("heading", { level: 1, name: "Pools" }).waitFor();
  });
});
