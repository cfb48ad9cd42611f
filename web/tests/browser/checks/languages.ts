import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { looking, PAGES } from "../pages";
import { type Browser, launch, open, signIn } from "../support";
import { words } from "../words";
import { hear } from "./heard";
import { overflows } from "./layout";
import { untranslated } from "./texts";

const WIDTHS = [1280, 390] as const;

async function flaws(page: Page, language: string, data: ReadonlySet<string>): Promise<string[]> {
  const found = await untranslated(page, language, data);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    for (const each of await overflows(page)) found.push(`at ${width} px: ${each}`);
  }
  return found;
}

/** Every page in this language, on a desk and on a phone. */
export function readsWellIn(language: string) {
  describe(`in ${language}`, () => {
    let browser: Browser;
    let heard: ReturnType<typeof hear>;

    beforeAll(async () => {
      browser = await launch();
      heard = hear(browser.context);
      await browser.context.addInitScript((chosen) => {
        localStorage.setItem("gateway.language", chosen);
      }, language);
      await signIn(browser.page);
    });

    afterAll(async () => {
      await browser.close();
      expect(browser.complaints).toEqual([]);
    });

    test.each(PAGES)("$path fits, and every word is of the language", async (entry) => {
      const { page } = browser;
      await looking(
        page,
        entry,
        async () => {
          // A chart takes its new width a moment after the page has it.
          await expect.poll(async () => flaws(page, language, await heard()), { timeout: 5_000 }).toEqual([]);
        },
        language,
      );
    });

    test("the sign-in fits, and every word is of the language", async () => {
      const { page, context } = browser;
      await context.clearCookies();
      await open(page, "/");
      await page.getByRole("heading", { level: 1, name: words(language)("sign_in.title") }).waitFor();
      await page.locator("form").waitFor();
      expect(await flaws(page, language, await heard())).toEqual([]);
    });
  });
}
