import { expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { PLAIN_PAGES, visit } from "./pages";
import { api, makeUser, open, openPalette, removeUser, signIn, submitPassword } from "./support";
import { latch } from "./until";

const VIEWER = "viewer-of-the-palette@example.com";
const PASSWORD = "a-long-password-for-the-palette";
const browser = eachInBrowser();

const named = () => browser.page.evaluate(() => document.activeElement?.textContent);
const focused = () => browser.page.evaluate(() => document.activeElement?.getAttribute("data-row") ?? "");

test("the palette opens by keys, finds by a few letters, and gives the focus back", async () => {
  const { page } = browser;
  await signIn(page);
  await page.getByRole("link", { name: "Pools" }).focus();
  const palette = await openPalette(page);
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "detached" });
  await expect.poll(named).toBe("Pools");
  await openPalette(page);
  await page.keyboard.type("make an ag");
  await page.keyboard.press("Enter");
  await page.getByRole("form", { name: "Make an agent" }).waitFor();
  await openPalette(page);
  await page.keyboard.type("dark");
  await page.getByRole("option", { name: /Dark/ }).waitFor();
  await page.keyboard.press("Enter");
  await expect
    .poll(() => page.evaluate(() => document.documentElement.dataset.theme), { timeout: 10_000 })
    .toBe("dark");
});

test("what is typed while the palette is on its way is kept, and Escape closes it", async () => {
  const { page } = browser;
  const { opened: given, open: give } = latch();
  await page.route("**/assets/Palette-*.js", async (route) => {
    await given;
    await route.continue();
  });
  await signIn(page);
  const palette = page.getByRole("dialog", { name: "Search and commands" });
  await page.getByRole("link", { name: "Pools" }).focus();
  await page.keyboard.press("Control+k");
  await page.keyboard.type("pools");
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "detached" });
  await expect.poll(named).toBe("Pools");
  await page.keyboard.press("Control+k");
  await page.keyboard.type("make an");
  expect(await palette.getByRole("textbox").inputValue()).toBe("make an");
  expect(await palette.getByRole("option").count()).toBe(0);
  give();
  await palette.getByRole("option", { name: "Make an agent" }).waitFor();
  await palette.getByRole("option", { name: "Overview" }).waitFor({ state: "detached" });
  await page.keyboard.type(" ag");
  expect(await palette.getByRole("combobox").inputValue()).toBe("make an ag");
  await page.keyboard.press("Escape");
  await palette.waitFor({ state: "detached" });
  await expect.poll(named).toBe("Pools");
});

test("an account, an agent or a key is found by its name", async () => {
  const { page } = browser;
  await signIn(page);
  const { providers } = (await (await api("GET", "/v1/providers")).json()) as {
    providers: { name: string }[];
  };
  const name = providers[0]?.name ?? "";
  await openPalette(page);
  await page.keyboard.type(name);
  await page.getByRole("option").first().click();
  await page.getByRole("heading", { level: 1, name: "Requests" }).waitFor();
  expect(new URL(page.url()).searchParams.get("account")).toBe(name);
});

test("a viewer's palette offers no change", async () => {
  const { page } = browser;
  await removeUser(VIEWER);
  await makeUser(VIEWER, PASSWORD, "viewer");
  await open(page, "/");
  await submitPassword(page, VIEWER, PASSWORD);
  await page.locator("#main h1").waitFor();
  await openPalette(page);
  await page.getByRole("option", { name: "Overview" }).waitFor();
  expect(await page.getByRole("option", { name: "Connect ChatGPT" }).count()).toBe(0);
  expect(await page.getByRole("option", { name: "API keys" }).count()).toBe(0);
  await removeUser(VIEWER);
});

test("letters go to pages, and the sheet lists every shortcut", async () => {
  const { page } = browser;
  await signIn(page);
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();
  await page.getByRole("table", { name: "Agents" }).or(page.getByText("No agent yet")).first().waitFor();
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await sheet.waitFor();
  for (const words of ["Search and commands", "Pools", "Preferences"])
    expect(await sheet.getByText(words, { exact: true }).count()).toBe(1);
  // The letters are of the page behind it.
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await page.keyboard.press("Escape");
  await sheet.waitFor({ state: "detached" });
  expect(new URL(page.url()).pathname).toBe("/agents");
});

test("rows are walked, opened and searched by keys, and nothing is taken from a field", async () => {
  const { page } = browser;
  const keys = ["browser-keys-1", "browser-keys-2"];
  for (const agent_key of keys) await api("POST", "/v1/agents", { agent_key });
  await signIn(page, "/agents");
  await page.getByText(`agent:${keys[0]}`).waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("browser-keys");
  await expect.poll(() => page.locator("tr[data-row]").count(), { timeout: 10_000 }).toBe(2);
  expect(new URL(page.url()).pathname).toBe("/agents");
  await page.keyboard.press("Tab");
  await page.keyboard.press("j");
  await expect.poll(focused, { timeout: 10_000 }).toBe(keys[0]);
  await page.keyboard.press("j");
  await expect.poll(focused, { timeout: 10_000 }).toBe(keys[1]);
  await page.keyboard.press("Enter");
  await expect.poll(() => new URL(page.url()).searchParams.get("edit"), { timeout: 10_000 }).toBe(keys[1]);
  for (const key of keys) await api("DELETE", `/v1/agents/${key}`);
});

test("with the blur on, no address on any page is read without pointing at it", async () => {
  const { page } = browser;
  await signIn(page);
  await page.evaluate(() => localStorage.setItem("gateway.blur", "on"));
  await page.reload();
  const readable: string[] = [];
  for (const entry of PLAIN_PAGES) {
    await visit(page, entry);
    const found = await page.evaluate(() => {
      const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const seen: string[] = [];
      while (words.nextNode()) {
        const { data, parentElement } = words.currentNode as Text;
        if (/[\w.+-]+@[\w-]+\.\w/.test(data) && !parentElement?.closest(".email")) seen.push(data);
      }
      return seen;
    });
    readable.push(...found.map((text) => `${entry.path}: ${text}`));
  }
  expect(readable).toEqual([]);
  const blurred = () =>
    page
      .locator(".email")
      .first()
      .evaluate((it) => getComputedStyle(it).filter);
  await visit(page, { path: "/providers", heading: "providers.title" });
  await page.locator(".email").first().waitFor();
  expect(await blurred()).toContain("blur");
  await page.locator(".email").first().hover();
  // The browser hears of the pointer with its next frame.
  await expect.poll(blurred, { timeout: 10_000 }).toBe("none");
});
