import type { Page } from "playwright-core";

/** The looks that the system may ask for. */
export const THEMES = {
  light: { colorScheme: "light", contrast: "no-preference" },
  dark: { colorScheme: "dark", contrast: "no-preference" },
  "light, high contrast": { colorScheme: "light", contrast: "more" },
  "dark, high contrast": { colorScheme: "dark", contrast: "more" },
} as const;
export type Theme = keyof typeof THEMES;

/** Changes the look in place, as the system would at dusk. */
export async function wear(page: Page, theme: Theme): Promise<void> {
  await page.emulateMedia(THEMES[theme]);
  const { colorScheme } = THEMES[theme];
  await page.waitForFunction((scheme) => document.documentElement.dataset.theme === scheme, colorScheme);
  // Colours change over a moment, which begins with the next frame.
  await page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    await frame();
    await frame();
    const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
    await Promise.allSettled(changes.map((each) => each.finished));
  });
}
