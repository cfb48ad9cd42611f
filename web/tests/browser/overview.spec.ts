import { beforeEach, describe, expect, test } from "vitest";
import { eachInBrowser, launch } from "./browser";
import { ask, DEMO_HAS_POOL, open, signIn } from "./support";

/** Compressed bytes of JavaScript that the first page takes, the frame around it included; the aim is 160 kB. */
const BUDGET = 200_000;

describe.runIf(DEMO_HAS_POOL).each([1280, 390])("the overview, %d px wide", (width) => {
  const browser = eachInBrowser({ width });

  beforeEach(async () => {
    await signIn(browser.page);
    await ask("Say hello.");
    await open(browser.page, "/");
    await browser.page.locator("[data-headline]").waitFor();
  });

  test("says in a sentence how the pool is, and what is left with its source and age", async () => {
    const { page } = browser;
    const sentence = await page.locator("[data-headline]").textContent();
    expect(sentence).toMatch(/\d of \d accounts|No account/);
    for (const window of ["5 hours", "Week"])
      await page.getByRole("img", { name: `Left of the window: ${window}` }).waitFor();
    await page
      .getByText(/oldest reading/)
      .first()
      .waitFor();
    await page.getByRole("heading", { name: "Needs you" }).waitFor();
    await page.getByRole("heading", { name: "Last events" }).waitFor();
  });

  test("the runway is read with the arrow keys, and is a table behind a button", async () => {
    const { page } = browser;
    const slider = page.getByRole("slider", { name: /^Will it last/ });
    await slider.locator("canvas").waitFor();
    await slider.focus();
    await page.keyboard.press("Home");
    const first = await slider.getAttribute("aria-valuetext");
    await page.keyboard.press("End");
    expect(await slider.getAttribute("aria-valuenow")).toBe(await slider.getAttribute("aria-valuemax"));
    expect(first).toMatch(/\d{4}/);
    const frame = page.locator("figure", { has: slider });
    const height = (await frame.boundingBox())?.height;
    await page.getByRole("button", { name: /^As a table/ }).click();
    const table = page.getByRole("region", { name: /^Will it last/ });
    expect(await table.getByRole("row").count()).toBeGreaterThan(1);
    const after = page.locator("figure", { has: table });
    expect((await after.boundingBox())?.height).toBe(height);
    await page.getByRole("button", { name: "Week", exact: true }).click();
    await page.getByRole("region", { name: "Will it last?: Week" }).waitFor();
  });

  test("nothing moves while it loads", async () => {
    const { page } = browser;
    const watching = await page.addInitScript(() => {
      const shifts: number[] = [];
      Object.assign(globalThis, { shifts });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shifts.push((entry as unknown as { value: number }).value);
      }).observe({ type: "layout-shift", buffered: true });
    });
    await page.reload();
    await page.locator("canvas").first().waitFor();
    await page.getByRole("heading", { name: "Last events" }).waitFor();
    const moved = await page.evaluate(() =>
      (globalThis as unknown as { shifts: number[] }).shifts.reduce((sum, it) => sum + it, 0),
    );
    await watching.dispose();
    expect(moved).toBeLessThan(0.05);
  });
});

/** The scripts that a file needs before it can run: what it imports, and what that imports. */
async function needed(url: string, found: Map<string, number>): Promise<void> {
  if (found.has(url)) return;
  const compressed = await fetch(url, { method: "HEAD", headers: { "accept-encoding": "br" } });
  found.set(url, Number(compressed.headers.get("content-length")));
  const source = await (await fetch(url)).text();
  const imports = [...source.matchAll(/(?:from|import)\s*"(\.\/[^"]+\.js)"/g)].map((match) => match[1] ?? "");
  await Promise.all(imports.map((path) => needed(new URL(path, url).href, found)));
}

test("the first load stays within its budget, and the charts are no part of it", async () => {
  const { page, close } = await launch();
  await signIn(page);
  const loaded = await page.evaluate(() => performance.getEntriesByType("resource").map(({ name }) => name));
  await close();
  const first = loaded.filter((url) => /\/assets\/(index|overview)-[^/]+\.js$/.test(url));
  expect(first).toHaveLength(2);
  const found = new Map<string, number>();
  for (const url of first) await needed(url, found);
  expect(found.size).toBeGreaterThan(2);
  expect([...found.keys()].filter((url) => url.includes("Plot"))).toEqual([]);
  expect([...found.values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(BUDGET);
});
