import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, launch } from "./browser";
import { type Theme, wear } from "./checks/themes";
import { follow } from "./pages";
import { open } from "./support";
import { type Box, reduced } from "./visual/picture";
import { type Album, changed, flaws, keptIn } from "./visual/snapshots";
import { photograph, restyle, stage } from "./visual/stage";

const MAIN = [
  { path: "/", heading: "overview.title", name: "overview" },
  { path: "/pools", heading: "pools.title", name: "pools" },
  { path: "/pools/openai-codex", heading: "openai-codex", name: "pool" },
  { path: "/requests", heading: "requests.title", name: "requests" },
  { path: "/usage", heading: "usage.title", name: "usage" },
  { path: "/providers", heading: "providers.title", name: "providers" },
  { path: "/agents", heading: "agents.title", name: "agents" },
  { path: "/chat", heading: "chat.title", name: "chat" },
  { path: "/chat?model=agent:reviewer&session=c0", heading: "chat.title", name: "conversation" },
  { path: "/settings/keys", heading: "keys.title", name: "keys" },
];
const VIEWS: { view: string; width: number; theme: Theme }[] = [
  { view: "wide-light", width: 1280, theme: "light" },
  { view: "wide-dark", width: 1280, theme: "dark" },
  { view: "phone-light", width: 390, theme: "light" },
];
const GALLERIES: { gallery: string; theme: Theme }[] = [
  { gallery: "gallery-light", theme: "light" },
  { gallery: "gallery-dark", theme: "dark" },
  { gallery: "gallery-contrast", theme: "light, high contrast" },
];

let browser: Browser;
let unanswered: string[];

beforeAll(async () => {
  // Of its own: the time that stands still stays with the context.
  browser = await launch();
  unanswered = await stage(browser.page);
});

afterAll(async () => {
  await browser.close();
  expect(browser.complaints).toEqual([]);
});

/** Each component of the gallery by its name in the code, and where it is on the page. */
function parts(page: Page): Promise<[name: string, box: Box][]> {
  return page.locator("[data-part]").evaluateAll((all) =>
    all.map((each) => {
      const { x, y, width, height } = each.getBoundingClientRect();
      const name = (each.getAttribute("data-part") ?? "").replace(/\W+/g, "-");
      return [name, { x: x + scrollX, y: y + scrollY, width, height }];
    }),
  );
}

async function photographParts(page: Page, gallery: string): Promise<Album> {
  const picture = await photograph(page);
  return new Map((await parts(page)).map(([name, box]) => [`${gallery}/${name}`, reduced(picture, box)]));
}

async function photographPage(page: Page, name: string): Promise<Album> {
  return new Map([[name, reduced(await photograph(page))]]);
}

async function openGallery(theme: Theme): Promise<Page> {
  const { page } = browser;
  await page.setViewportSize({ width: 1280, height: 900 });
  await open(page, "/gallery");
  await page.locator("[data-part]").first().waitFor();
  await wear(page, theme);
  return page;
}

test.each(GALLERIES)("in $gallery every component looks as it did", async ({ gallery, theme }) => {
  const page = await openGallery(theme);
  expect(await flaws(() => photographParts(page, gallery))).toEqual([]);
  const shown = (await parts(page)).map(([name]) => `${gallery}/${name}`);
  // The picture of what is no longer there is to go.
  expect(await keptIn(gallery)).toEqual(shown.toSorted());
});

describe.each(VIEWS)("$view", ({ view, width, theme }) => {
  beforeAll(async () => {
    const { page } = browser;
    await page.setViewportSize({ width, height: 900 });
    await open(page, "/settings");
    await page.locator("#main h1").waitFor();
    await wear(page, theme);
  });

  test.each(MAIN)("$path looks as it did", async ({ name, ...entry }) => {
    const { page } = browser;
    unanswered.length = 0;
    // It need not be whole yet: a picture is taken again until it is.
    await follow(page, entry);
    expect(await flaws(() => photographPage(page, `${view}/${name}`))).toEqual([]);
    expect(unanswered).toEqual([]);
  });

  test("the page to sign in looks as it did", async () => {
    const { page } = browser;
    const session = "**/v1/auth/session";
    await page.route(session, (route) =>
      route.fulfill({ status: 401, json: { error: "no session", code: "unauthorized", request_id: "r-1" } }),
    );
    await open(page, "/");
    await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
    await wear(page, theme);
    expect(await flaws(() => photographPage(page, `${view}/sign-in`))).toEqual([]);
    await page.unroute(session);
  });

  test("there are no pictures of other pages", async () => {
    const names = [...MAIN.map(({ name }) => name), "sign-in"].map((name) => `${view}/${name}`);
    expect(await keptIn(view)).toEqual(names.toSorted());
  });
});

describe("what is compared", () => {
  const gallery = "gallery-light";
  const shoot = () => photographParts(browser.page, gallery);

  beforeAll(async () => {
    await openGallery("light");
    expect(await flaws(shoot)).toEqual([]);
  });

  /** The components that no longer look as they are kept when this style is added. */
  async function changedBy(css: string): Promise<string[]> {
    const undo = await restyle(browser.page, css);
    const names = await changed(await shoot());
    await undo();
    return names;
  }

  test.each([
    ["other fonts", ":root { --sans: serif !important; --mono: fantasy !important }"],
    ["letters that are smoothed otherwise", "* { -webkit-text-stroke: 0.05px currentColor }"],
  ])("%s are no difference", async (_, css) => {
    expect(await changedBy(css)).toEqual([]);
  });

  test.each([
    ["something that is gone", "Button", "> div > :nth-child(3) button { visibility: hidden }"],
    ["something that is moved", "Notice", "> div { padding-left: 2px }"],
    ["another arrangement", "Field", "> div { flex-direction: column }"],
    ["another size", "HoldButton", "button { height: 44px }"],
    ["one letter more", "Toast", "p::after { content: 'x' }"],
    ["letters that are bold", "CodeBlock-Facts", "code { font-weight: 700 }"],
    ["another colour", "StatusWord-Email", "{ --good: #0b57d0 }"],
    ["another shade", "DataTable", "{ --surface: #f6f6f3 }"],
  ])("%s is one, and no other component differs", async (_, part, css) => {
    const [first] = part.split("-");
    expect(await changedBy(`[data-part^="${first}"] ${css}`)).toEqual([`${gallery}/${part}`]);
  });

  test("other letters are no difference", async () => {
    await browser.page.evaluate(() => {
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const text = texts.currentNode as Text;
        text.data = text.data.replace(/[a-z]/g, (letter) => (letter === "w" ? "i" : "w"));
      }
    });
    expect(await changed(await shoot())).toEqual([]);
  });

  test("a word of a whole page that is gone is one", async () => {
    const { page } = browser;
    const shootPage = () => photographPage(page, "wide-light/providers");
    await follow(page, { path: "/providers", heading: "providers.title" });
    expect(await flaws(shootPage)).toEqual([]);
    await restyle(page, '[data-provider="local-llm"] td:nth-child(2) * { visibility: hidden }');
    expect(await changed(await shootPage())).toEqual(["wide-light/providers"]);
  });
});
