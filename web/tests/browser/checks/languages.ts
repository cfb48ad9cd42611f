import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, launch } from "../browser";
import { PAGES, settled, visit } from "../pages";
import { open, signIn } from "../support";
import { WORDS, words } from "../words";
import { hear } from "./heard";
import { overflows } from "./layout";
import { untranslated } from "./texts";

const LANGUAGES = Object.keys(WORDS);

/** Changes the language in place, as somebody would with the field for it; also while that is behind a window. */
async function speak(page: Page, language: string): Promise<void> {
  const field = page.locator("select:has(option[lang])").first();
  await field.evaluate((select, chosen) => {
    (select as HTMLSelectElement).value = chosen;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  }, language);
  await page.locator(`html[lang="${language}"]`).waitFor({ state: "attached" });
}

/** Every page at this width, in every language. */
export function readsWellAt(width: number) {
  describe(`${width} px wide`, () => {
    let browser: Browser;
    let heard: ReturnType<typeof hear>;
    let spoken = "en";

    /** In each language; the one that is spoken comes first: so a page begins in each of them now and then. */
    async function inEachLanguage(look: (language: string) => Promise<void>): Promise<void> {
      for (const language of [spoken, ...LANGUAGES.filter((each) => each !== spoken)]) {
        if (language !== spoken) await speak(browser.page, language);
        spoken = language;
        await look(language);
      }
    }

    /** What isn't cut, outside the window, or left in another language. */
    async function readsWell(language: string): Promise<void> {
      const { page } = browser;
      const flaws = async () => [
        ...(await untranslated(page, language, await heard())),
        ...(await overflows(page)),
      ];
      // A chart takes its new words a moment after the page has them.
      await expect.poll(async () => [language, ...(await flaws())], { timeout: 5_000 }).toEqual([language]);
    }

    beforeAll(async () => {
      browser = await launch({ width });
      heard = hear(browser.page);
      await signIn(browser.page);
    });

    afterAll(async () => {
      await browser.close();
      expect(browser.complaints).toEqual([]);
    });

    test.each(PAGES)("$path fits, and every word is of the language", async (entry) => {
      const { page } = browser;
      await visit(page, entry, spoken);
      await inEachLanguage(async (language) => {
        await settled(page, entry, language);
        await readsWell(language);
      });
    });

    test("the sign-in fits, and every word is of the language", async () => {
      const { page, context } = browser;
      await context.clearCookies();
      await open(page, "/");
      await inEachLanguage(async (language) => {
        await page.getByRole("heading", { level: 1, name: words(language)("sign_in.title") }).waitFor();
        await page.locator("form").waitFor();
        await readsWell(language);
      });
    });
  });
}
