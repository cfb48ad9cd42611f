import type { Page } from "playwright-core";
import { NOW } from "../../insight";
import { ANSWERS } from "./answers";
import { barFont } from "./bars";
import { decoded, type Picture } from "./picture";

/** How high the bars of letters are, and of bold ones. */
const HEIGHTS = { "1 500": 460, "501 1000": 620 };
const STYLE = `*, ::before, ::after {
  font-family: Bars !important;
  text-rendering: geometricPrecision !important;
}`;

/** Adds a style sheet in a way that the page's policy has no say in. */
function dress(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}

function addFonts(fonts: [weight: string, file: number[]][]): void {
  for (const [weight, file] of fonts)
    document.fonts.add(new FontFace("Bars", new Uint8Array(file), { weight }));
}

/** Has canvases place letters as the style sheet has it: they do not follow it by themselves. */
function dressCanvases(): void {
  const drawing = CanvasRenderingContext2D.prototype;
  const { fillText, measureText } = drawing;
  drawing.fillText = function (...what) {
    this.textRendering = "geometricPrecision";
    fillText.apply(this, what);
  };
  drawing.measureText = function (what) {
    this.textRendering = "geometricPrecision";
    return measureText.call(this, what);
  };
}

/** Live events that never come. */
function silence(): void {
  class Silent extends EventTarget {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSED = 2;
    readyState = Silent.OPEN;

    constructor() {
      super();
      setTimeout(() => this.dispatchEvent(new Event("open")));
    }

    close() {
      this.readyState = Silent.CLOSED;
    }
  }
  Object.assign(globalThis, { EventSource: Silent });
}

/** Makes the page's world stand still: the time, the fonts, and what the gateway says. Gives the calls that have no answer. */
export async function stage(page: Page): Promise<string[]> {
  const unanswered: string[] = [];
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Emulation.setTimezoneOverride", { timezoneId: "UTC" });
  await page.clock.setFixedTime(NOW);
  await page.addInitScript(silence);
  await page.addInitScript(dress, STYLE);
  await page.addInitScript(dressCanvases);
  await page.addInitScript(
    addFonts,
    Object.entries(HEIGHTS).map(([weight, height]): [string, number[]] => [weight, [...barFont(height)]]),
  );
  await page.route(
    (url) => url.pathname.startsWith("/v1/"),
    async (route) => {
      const { pathname, searchParams } = new URL(route.request().url());
      const answer = ANSWERS[pathname];
      if (answer) return route.fulfill({ json: answer(searchParams) });
      unanswered.push(`${route.request().method()} ${pathname}`);
      await route.fulfill({
        status: 404,
        json: { error: "not on stage", code: "not_found", request_id: "r-1" },
      });
    },
  );
  return unanswered;
}

/** Adds a style to the page as it is open; gives what takes it away again. */
export async function restyle(page: Page, css: string): Promise<() => Promise<void>> {
  await page.evaluate(dress, css);
  return () => page.evaluate(() => void document.adoptedStyleSheets.pop());
}

/** The whole page, as it is at this moment. */
export async function photograph(page: Page): Promise<Picture> {
  return decoded(
    await page.screenshot({ fullPage: true, animations: "disabled", caret: "hide", scale: "css" }),
  );
}
