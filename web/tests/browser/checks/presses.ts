import type { Locator, Page } from "playwright-core";
import { type Entry, visit } from "../pages";

/** What a person may press, but for what ends the session or concerns only themselves. */
const PRESSABLE = [
  "#main button:not([disabled]):not([aria-disabled=true])",
  "#main [role=switch]:not([disabled]):not([aria-disabled=true])",
].join(", ");
const ENABLED = ":not([disabled]):not([aria-disabled=true]):not([data-disabled])";

/** The first of each kind, by its place among them: the buttons of a table's rows are alike. */
function kinds(page: Page): Promise<number[]> {
  return page.locator(PRESSABLE).evaluateAll((controls) => {
    const first = new Map<string, number>();
    controls.forEach((control, place) => {
      const name = control.getAttribute("aria-label") ?? control.textContent ?? "";
      const kind = name.trim().split(/\s+/).slice(0, 2).join(" ");
      if (control.checkVisibility() && !first.has(kind)) first.set(kind, place);
    });
    return [...first.values()];
  });
}

async function pressAll(controls: Locator): Promise<void> {
  // Pressing one may take the others away.
  for (const control of await controls.all())
    if (await control.isVisible()) await control.click({ timeout: 2_000 }).catch(() => {});
}

/** Presses every button of the page, and every one of what that opens. */
export async function pressEverything(page: Page, entry: Entry): Promise<void> {
  for (const place of await kinds(page)) {
    const control = page.locator(PRESSABLE).nth(place);
    if (!(await control.isVisible())) continue;
    // A notification may lie over it; the keyboard reaches it all the same.
    await control.focus();
    await control.press("Enter");
    await pressAll(page.locator(`[role=menuitem]${ENABLED}`));
    await pressAll(page.locator(`[role=dialog] button${ENABLED}`));
    await page.keyboard.press("Escape");
    await visit(page, entry);
  }
}

/** What the page asked the gateway to change meanwhile; the gateway isn't told. */
export async function changes(page: Page, during: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  await page.route("**/v1/**", async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fallback();
    asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    await route.abort();
  });
  await during();
  await page.unroute("**/v1/**");
  return asked;
}
