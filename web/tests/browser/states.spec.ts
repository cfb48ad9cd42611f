import type { BrowserContext, Page, Route } from "playwright-core";
import { describe, expect, test } from "vitest";
import { type Browser, borrow } from "./browser";
import { follow, PLAIN_PAGES, settled } from "./pages";
import { open, signIn } from "./support";
import { latch, until } from "./until";
import { words } from "./words";

const say = words("en");
/** Pages that ask the gateway nothing of their own. */
const ASK_NOTHING = new Set(["/settings", "/invite", "/nothing-here"]);
const ASKING = PLAIN_PAGES.filter(({ path }) => !ASK_NOTHING.has(path));
/** The largest sum of shifts that still counts as good (web.dev/cls). */
const GOOD_SHIFT = 0.1;

/** A test with a browser of its own. They run side by side: most of each is waiting. */
const apart = (look: (browser: Browser) => Promise<void>) => async () => {
  const browser = await borrow();
  try {
    await look(browser);
    expect(browser.complaints).toEqual([]);
  } catch (error) {
    await browser.context.close();
    throw error;
  }
  await browser.close();
};

/** Has every call answered by this, but for those that say who is signed in. */
async function meanwhile(context: BrowserContext, answer: (route: Route) => Promise<void>): Promise<void> {
  await context.route(
    (url) => url.pathname.startsWith("/v1/") && url.pathname !== "/v1/auth/session",
    (route) => answer(route),
  );
}

const broken = (route: Route) =>
  route.fulfill({ status: 500, json: { error: "out of order", code: "internal", request_id: "r-1" } });
const dead = (route: Route) => route.abort("connectionrefused");

/** A word of what happened, a way to try again, and nothing that still turns. */
async function failsInPlace(page: Page): Promise<void> {
  await page.locator("#main").getByRole("alert").first().waitFor();
  await page.getByText(say("common.loading"), { exact: true }).first().waitFor({ state: "detached" });
  expect(
    await page
      .locator("#main")
      .getByRole("button", { name: say("common.retry") })
      .count(),
  ).toBeGreaterThan(0);
}

/** Presses what tries again, until nothing is left that failed or that is still being tried. */
async function recovers(page: Page): Promise<void> {
  const again = page.getByRole("button", { name: say("common.retry") });
  const failed = page.locator("#main").getByRole("alert");
  const loading = page.getByText(say("common.loading"), { exact: true });
  await until(async () => {
    if ((await again.count()) === 0) return (await loading.count()) === 0 && (await failed.count()) === 0;
    await again
      .first()
      .click({ timeout: 2_000 })
      .catch(() => {});
    return false;
  }, "the page to be whole again");
}

/** Signed in, with every page's program there. What is answered otherwise from now on is what the pages ask. */
async function ready(page: Page, at = "/settings"): Promise<void> {
  await signIn(page, at);
  await page.waitForLoadState("networkidle");
}

describe("a gateway that fails at everything", () => {
  test.concurrent.each(ASKING)("$path says so, and is whole again after another try", (entry) =>
    apart(async ({ page, context }) => {
      await ready(page);
      await meanwhile(context, broken);
      await follow(page, entry);
      await failsInPlace(page);
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await recovers(page);
      await settled(page, entry);
    })(),
  );

  test.concurrent(
    "a page that is opened then says so, frame and all, and is whole again after another try",
    apart(async ({ page, context }) => {
      await meanwhile(context, broken);
      await signIn(page, "/");
      await failsInPlace(page);
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await recovers(page);
    }),
  );

  test.concurrent(
    "even at telling who is signed in, the page says so and tries again",
    apart(async ({ page, context }) => {
      await context.route("**/v1/**", broken);
      await open(page, "/");
      await page.getByRole("alert").first().waitFor();
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await page.getByRole("button", { name: say("common.retry") }).click();
      await page.getByRole("heading", { level: 1, name: say("sign_in.title") }).waitFor();
    }),
  );
});

describe("a gateway that is gone", () => {
  test.concurrent.each(PLAIN_PAGES)("$path says so, and is whole again when it is back", (entry) =>
    apart(async ({ page, context }) => {
      await ready(page, entry.path === "/settings" ? "/account" : "/settings");
      await context.route("**/v1/**", dead);
      await follow(page, entry);
      if (!ASK_NOTHING.has(entry.path)) {
        await page.getByText(say("connection.title")).first().waitFor();
        await page.getByText(say("common.loading"), { exact: true }).first().waitFor({ state: "detached" });
      }
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await recovers(page);
      await settled(page, entry);
    })(),
  );

  test.concurrent(
    "at the start the page says so, and tries again",
    apart(async ({ page, context }) => {
      await context.route("**/v1/**", dead);
      await open(page, "/");
      await page.getByRole("heading", { level: 1, name: say("connection.title") }).waitFor();
      await context.unrouteAll({ behavior: "ignoreErrors" });
      await page.getByRole("button", { name: say("common.retry") }).click();
      await page.getByRole("heading", { level: 1, name: say("sign_in.title") }).waitFor();
    }),
  );
});

describe("a slow gateway", () => {
  test.concurrent.each(ASKING)("$path says that it loads, and nothing jumps when it has", (entry) =>
    apart(async ({ page, context }) => {
      await ready(page);
      const { opened: released, open: release } = latch();
      await meanwhile(context, async (route) => {
        await released;
        await route.fallback();
      });
      await follow(page, entry);
      await page.getByText(say("common.loading"), { exact: true }).first().waitFor({ state: "attached" });
      const shifts = await page.evaluateHandle(() => {
        const seen: { value: number; what: string[] }[] = [];
        interface Shift extends PerformanceEntry {
          value: number;
          sources: { node: Node | null }[];
        }
        new PerformanceObserver((list) => {
          for (const each of list.getEntries() as Shift[])
            seen.push({
              value: each.value,
              what: each.sources.map(({ node }) =>
                node instanceof Element ? node.outerHTML.slice(0, 120) : "",
              ),
            });
        }).observe({ type: "layout-shift" });
        return seen;
      });
      release();
      await settled(page, entry);
      await page.evaluate(
        () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
      const seen = await shifts.jsonValue();
      const sum = seen.reduce((total, { value }) => total + value, 0);
      expect(sum < GOOD_SHIFT ? [] : seen).toEqual([]);
    })(),
  );

  test.concurrent(
    "before it says who is signed in, the page says that it loads",
    apart(async ({ page, context }) => {
      const { opened: released, open: release } = latch();
      await context.route("**/v1/auth/session", async (route) => {
        await released;
        await route.fallback();
      });
      await open(page, "/");
      await page.getByText(say("common.loading"), { exact: true }).waitFor();
      release();
      await page.getByRole("heading", { level: 1, name: say("sign_in.title") }).waitFor();
    }),
  );
});
