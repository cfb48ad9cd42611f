import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, open, signIn, textOf } from "./support";

const KEY = "browser-audited";
const browser = eachInBrowser();

beforeEach(async () => {
  await api("DELETE", `/v1/agents/${KEY}`);
  await api("POST", "/v1/agents", { agent_key: KEY, display_name: "Before" });
  await api("PUT", `/v1/agents/${KEY}`, { display_name: "Afterwards" });
});

afterEach(async () => {
  await api("DELETE", `/v1/agents/${KEY}`);
});

test("a change stands in the log with how it was before, and can be taken away as a file", async () => {
  const { page } = browser;
  await signIn(page, `/settings/activity?object=${KEY}`);
  const row = page.locator("tr[data-entry]").filter({ hasText: "agent.update" }).first();
  await row.getByRole("button", { name: /Details of change/ }).click();
  await page.locator("del").filter({ hasText: "Before" }).waitFor();
  await page.locator("ins").filter({ hasText: "Afterwards" }).waitFor();

  await page.getByRole("searchbox", { name: "Action" }).fill("agent.create");
  await page.waitForURL(/action=agent\.create/);
  await row.waitFor({ state: "detached" });
  await page.locator("tr[data-entry]").filter({ hasText: "agent.create" }).first().waitFor();
  await page.reload();
  expect(await page.getByRole("searchbox", { name: "Action" }).inputValue()).toBe("agent.create");

  await page.getByRole("button", { name: "Export" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: /CSV/ }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("activity.csv");
  const text = await textOf(file);
  expect(text).toContain("agent.create");
  expect(text).not.toContain("agent.update");
});

test("filters that match nothing say so, and can be cleared", async () => {
  const { page } = browser;
  await signIn(page);
  await open(page, "/settings/activity?actor=nobody-of-this-name");
  await page.getByText("No change matches").waitFor();
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.locator("tr[data-entry]").first().waitFor();
});

test("ten thousand entries are in the page by the screenful, and each unfolds", async () => {
  const { page } = browser;
  const ALL = 10_000;
  const entries = Array.from({ length: ALL }, (_, index) => ({
    id: `e${index}`,
    seq: ALL - index,
    at: new Date(Date.UTC(2026, 0, 1) - index * 60_000).toISOString(),
    actor: { kind: "user", name: `person-${index}@example.com`, address: "127.0.0.1" },
    action: "agent.update",
    object: { type: "agent", name: `agent-${index}` },
    before: { title: `before ${index}` },
    after: { title: `after ${index}` },
    hash: "00",
  }));
  await page.route(/\/v1\/activity\?/, (route) => route.fulfill({ json: { entries, next: null } }));
  await signIn(page, "/settings/activity");
  const rows = page.locator("tr[data-entry]");
  await rows.first().waitFor();
  expect(await rows.count()).toBeLessThan(100);
  const last = page.locator('tr[data-entry="1"]');
  await expect
    .poll(
      async () => {
        await page.locator("[data-table]").evaluate((box) => box.scrollTo({ top: box.scrollHeight }));
        return last.count();
      },
      { timeout: 30_000 },
    )
    .toBe(1);
  expect(await rows.count()).toBeLessThan(100);
  await last.getByRole("button", { name: "Details of change 1" }).click();
  await page
    .locator("ins")
    .filter({ hasText: `after ${ALL - 1}` })
    .waitFor();
});
