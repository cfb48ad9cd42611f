import type { Page } from "playwright-core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { wordsFile } from "../bench/transfer";
import { type Browser, launch } from "./browser";
import { signIn } from "./support";
import { words } from "./words";

// Of its own: the scripts that are added to a page stay with it.
let browser: Browser;

beforeEach(async () => {
  browser = await launch();
});

afterEach(async () => {
  await browser.close();
});

const choose = (page: Page, language: string) =>
  page.locator('aside select:has(option[value="vi"])').selectOption(language);
const titled = (page: Page, title: string) => page.getByRole("heading", { level: 1, name: title }).waitFor();
const languageOf = (page: Page) => page.evaluate(() => document.documentElement.lang);

/** Has these words not arrive, until it is told otherwise. */
async function withhold(page: Page, language: string, part: "first" | "rest") {
  const url = `**/${await wordsFile(language, part)}`;
  await page.route(url, (route) => route.abort());
  return () => page.unroute(url);
}

test("the language changes in place and is remembered", async () => {
  const { page } = browser;
  await signIn(page);
  for (const code of ["vi", "zh", "ja"]) {
    await choose(page, code);
    await titled(page, words(code)("overview.title"));
    expect(await languageOf(page)).toBe(code);
  }
  await page.reload();
  await titled(page, words("ja")("overview.title"));
});

test.each(["first", "rest"] as const)(
  "without the %s words of a language the page stays in its own",
  async (part) => {
    const { page } = browser;
    await signIn(page);
    const give = await withhold(page, "vi", part);
    await choose(page, "vi");
    const said = page.getByRole("alert").getByText(words("en")("shell.language_failed"));
    await said.waitFor();
    expect(await languageOf(page)).toBe("en");
    await give();
    await choose(page, "vi");
    await titled(page, words("vi")("overview.title"));
    await said.waitFor({ state: "detached" });
  },
);

test("a page comes in English when only its own language's words do not arrive", async () => {
  const { page } = browser;
  await page.addInitScript(() => localStorage.setItem("gateway.language", "vi"));
  await withhold(page, "vi", "rest");
  await signIn(page, "/settings");
  await titled(page, words("vi")("settings.title"));
  await page.getByText(words("en")("settings.lead")).waitFor();
});

test("a page without any words says that it could not be shown", async () => {
  const { page } = browser;
  await page.addInitScript(() => localStorage.setItem("gateway.language", "vi"));
  await withhold(page, "vi", "rest");
  await withhold(page, "en", "rest");
  await signIn(page, "/settings");
  await titled(page, words("vi")("page_error.title"));
});

test("the Overview is in English when nothing of its own language arrives", async () => {
  const { page } = browser;
  await page.addInitScript(() => localStorage.setItem("gateway.language", "vi"));
  await withhold(page, "vi", "first");
  await signIn(page);
  await titled(page, words("en")("overview.title"));
  expect(await languageOf(page)).toBe("en");
});
