import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, chooseToken, launch, open, signIn } from "./support";

interface Violation {
  id: string;
  nodes: { target: string[] }[];
}

const PAGES = [
  ["/", "Overview"],
  ["/chat", "Chat"],
  ["/pools", "Pools"],
  ["/pools?edit=new", "Pools"],
  ["/pools?edit=openai-codex", "Pools"],
  ["/requests", "Requests"],
  ["/requests?from=2026-01-01T00:00:00Z", "Requests"],
  ["/agents", "Agents"],
  ["/agents?create=true", "Agents"],
  ["/providers", "Providers"],
  ["/providers?connect=new", "Providers"],
  ["/providers?edit=new", "Providers"],
  ["/settings/mcp", "MCP servers"],
  ["/settings/mcp?edit=new", "MCP servers"],
  ["/settings/keys", "API keys"],
  ["/settings/keys?edit=new", "API keys"],
  ["/settings/users", "Users"],
  ["/settings/users?invite=true", "Users"],
  ["/settings/tenants", "Tenants"],
  ["/settings/tenants?edit=new", "Tenants"],
  ["/settings/activity", "Audit log"],
  ["/settings/activity?from=2026-01-01T00:00:00Z", "Audit log"],
  ["/settings", "Preferences"],
  ["/account", "Account"],
  ["/me", "Your use"],
  ["/invite", "Invitation"],
  ["/nothing-here", "Page not found"],
] as const;

const results = new URL("../../test-results/", import.meta.url).pathname;
const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, not as a script of the page: the policy stays as it is.
  await page.evaluate(await readFile(axePath, "utf8"));
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run: (options: unknown) => Promise<{ violations: Violation[] }> };
    };
    return (await axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"] }))
      .violations;
  });
  return found.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(" ")}`));
}

async function settled(page: Page, heading: string) {
  // A dialog hides the page behind it from the accessibility tree.
  await page.getByRole("heading", { level: 1, name: heading, includeHidden: true }).waitFor();
  await page.getByText("Loading…").first().waitFor({ state: "detached" });
}

describe.each(["light", "dark"] as const)("%s", (theme) => {
  let browser: Browser;

  beforeAll(async () => {
    await mkdir(results, { recursive: true });
    browser = await launch({ theme });
  });

  afterAll(async () => {
    await browser.close();
    expect(browser.complaints).toEqual([]);
  });

  test("the sign-in has nothing in the way of anyone", async () => {
    await open(browser.page, "/");
    await browser.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await chooseToken(browser.page);
    expect(await violations(browser.page)).toEqual([]);
    await signIn(browser.page);
  });

  test.each(PAGES)("%s has nothing in the way of anyone", async (path, heading) => {
    await open(browser.page, path);
    await settled(browser.page, heading);
    expect(await browser.page.evaluate(() => document.documentElement.dataset.theme)).toBe(theme);
    expect(await violations(browser.page)).toEqual([]);
  });

  test("the overview is kept as a picture", async () => {
    await open(browser.page, "/");
    await settled(browser.page, "Overview");
    await browser.page.screenshot({ path: `${results}overview-${theme}.png`, fullPage: true });
  });
});

test("no page is wider than a phone", async () => {
  const browser = await launch({ width: 390 });
  await signIn(browser.page);
  for (const [path, heading] of PAGES) {
    await open(browser.page, path);
    await settled(browser.page, heading);
    const excess = await browser.page.evaluate(
      () => document.documentElement.scrollWidth - window.innerWidth,
    );
    expect([path, excess]).toEqual([path, 0]);
  }
  await browser.page.getByRole("button", { name: "Open navigation" }).click();
  await browser.page.getByRole("dialog").getByRole("link", { name: "Overview" }).click();
  await browser.page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  await browser.close();
});

test("the language changes in place and is remembered", async () => {
  const browser = await launch();
  await signIn(browser.page);
  for (const [code, heading] of [
    ["vi", "Tổng quan"],
    ["zh", "概览"],
    ["ja", "概要"],
  ] as const) {
    await browser.page.locator('aside select:has(option[value="vi"])').selectOption(code);
    await browser.page.getByRole("heading", { level: 1, name: heading }).waitFor();
    expect(await browser.page.evaluate(() => document.documentElement.lang)).toBe(code);
  }
  await browser.page.reload();
  await browser.page.getByRole("heading", { level: 1, name: "概要" }).waitFor();
  await browser.close();
});
