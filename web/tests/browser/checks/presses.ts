import type { Locator, Page } from "playwright-core";
import { closeOthers } from "../browser";
import { type Entry, headingOf } from "../pages";
import { until } from "../until";
import { words } from "../words";

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

/** All at once: pressed one after the other, the first would take the others away. */
function pressAll(controls: Locator): Promise<void> {
  return controls.evaluateAll((all) => {
    for (const each of all) if (each instanceof HTMLElement && each.checkVisibility()) each.click();
  });
}

/** The page alone, with nothing over it: what was pressed before may still be opening windows, one over the other. */
async function alone(page: Page, entry: Entry): Promise<void> {
  const over = page.locator("[role=menu], [role=dialog]");
  const loading = page.getByText(words("en")("common.loading"), { exact: true });
  await until(async () => {
    // Behind another tab, which a sign-in opens, a page is drawn once a second.
    await closeOthers(page);
    const { pathname, search } = new URL(page.url());
    if (`${pathname}${search}` !== entry.path)
      await page.evaluate((path) => window.history.pushState(null, "", path), entry.path);
    else if ((await over.count()) > 0) await page.keyboard.press("Escape");
    else return (await headingOf(page, entry).isVisible()) && (await loading.count()) === 0;
    return false;
  }, `${entry.path} with nothing over it`);
}

/** Until what was pressed is drawn. */
function drawn(page: Page): Promise<void> {
  return page.evaluate(
    () =>
      new Promise<void>((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
  );
}

/** Presses every button of the page, and every one of what that opens. */
export async function pressEverything(page: Page, entry: Entry): Promise<void> {
  await alone(page, entry);
  for (const place of await kinds(page)) {
    const control = page.locator(PRESSABLE).nth(place);
    if (!(await control.isVisible())) continue;
    // A notification may lie over it; the keyboard reaches it all the same.
    await control.focus();
    await control.press("Enter");
    await drawn(page);
    await pressAll(page.locator(`[role=menuitem]${ENABLED}`));
    await drawn(page);
    await pressAll(page.locator(`[role=dialog] button${ENABLED}`));
    await page.keyboard.press("Escape");
    await alone(page, entry);
  }
}

/** What the page asked the gateway to change meanwhile; the gateway isn't told. */
export async function changes(page: Page, during: () => Promise<void>): Promise<string[]> {
  const asked: string[] = [];
  await page.route("**/v1/**", async (route) => {
    const request = route.request();
    if (request.method() === "GET") return route.fallback();
    asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    // Not as if the gateway were gone, which the whole page would take notice of.
    await route.fulfill({ status: 403, json: { error: "not told", code: "forbidden", request_id: "r-1" } });
  });
  await during();
  await page.unroute("**/v1/**");
  return asked;
}
