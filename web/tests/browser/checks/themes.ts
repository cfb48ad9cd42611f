import type { Page } from "playwright-core";

/** The looks that the system may ask for. */
export const THEMES = {
  light: { colorScheme: "light", contrast: "no-preference" },
  dark: { colorScheme: "dark", contrast: "no-preference" },
  "light, high contrast": { colorScheme: "light", contrast: "more" },
  "dark, high contrast": { colorScheme: "dark", contrast: "more" },
} as const;
export type Theme = keyof typeof THEMES;

/** Has colours change at once: over a moment, each frame of it draws the whole page, and no look is seen until its end. */
function still(page: Page): Promise<void> {
  return page.evaluate(() => {
    const { dataset } = document.documentElement;
    if (dataset.still !== undefined) return;
    dataset.still = "";
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("*, ::before, ::after { transition: none !important }");
    document.adoptedStyleSheets.push(sheet);
  });
}

/** Changes the look in place, as the system would at dusk. */
export async function wear(page: Page, theme: Theme): Promise<void> {
  await still(page);
  await page.emulateMedia(THEMES[theme]);
  const { colorScheme } = THEMES[theme];
  await page.waitForFunction((scheme) => document.documentElement.dataset.theme === scheme, colorScheme);
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}
