import type { Page, Route } from "playwright-core";
import { beforeEach, describe, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { ask, open, question, signIn } from "./support";

const browser = eachInBrowser();
const rows = (page: Page) => page.locator("tr[data-row]");

beforeEach(async () => {
  await ask("Say hello.");
});

test("the filters stand in the address, survive a reload and can be cleared", async () => {
  const { page } = browser;
  await signIn(page, "/requests");
  await rows(page).first().waitFor();
  await page.keyboard.press("/");
  await page.locator("select:focus").waitFor();
  await page.getByLabel("Status", { exact: true }).selectOption("completed");
  await page.getByRole("button", { name: "Time: Any time" }).click();
  await page.getByRole("button", { name: "Last hour" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?outcome=completed&period=1h");
  await page.reload();
  await rows(page).first().waitFor();
  expect(await page.getByLabel("Status", { exact: true }).inputValue()).toBe("completed");
  const words = await rows(page).locator("td:nth-child(2)").allInnerTexts();
  expect(new Set(words.map((it) => it.trim()))).toEqual(new Set(["Completed"]));
  await page.getByRole("button", { name: "Clear filters" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("");
});

test("a request opens beside the list, j and k go on, and Escape gives the focus to its row", async () => {
  const { page } = browser;
  await ask("Say hello again.");
  await signIn(page, "/requests");
  await rows(page).nth(1).waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Why this account?").waitFor();
  await drawer.getByRole("region", { name: "Accounts tried" }).waitFor();
  await drawer.getByText("Input tokens").waitFor();
  const opened = () => new URL(page.url()).searchParams.get("request");
  const first = opened();
  await page.keyboard.press("j");
  await expect.poll(opened).not.toBe(first);
  const second = opened();
  await page.keyboard.press("k");
  await expect.poll(opened).toBe(first);
  await page.keyboard.press("j");
  await expect.poll(opened).toBe(second);
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  expect(new URL(page.url()).search).toBe("");
  await page.locator(`tr[data-row="${second}"]:focus`).waitFor();
});

test("a failure is told in plain words with what to do, and the raw text stays below", async () => {
  const { page } = browser;
  const answer = await question("Say hello.", undefined, "no-such-model");
  expect(answer.status).toBe(404);
  await signIn(page, "/requests?outcome=refused");
  await page.locator("tr[data-row] a").first().click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("no account has this model").waitFor();
  await drawer.getByText(/Check how the model is spelt/).waitFor();
  await drawer.getByText("model_not_found").waitFor();
  await page.reload();
  await drawer.getByText("no account has this model").waitFor();
});

test("new requests come in by themselves, and wait while the list is paused", async () => {
  const { page } = browser;
  await signIn(page, "/requests");
  await rows(page).first().waitFor();
  const newest = () => rows(page).first().getAttribute("data-row");
  const before = await newest();
  await ask("Say hello while I watch.");
  await expect.poll(newest, { timeout: 30_000 }).not.toBe(before);
  await page.getByRole("button", { name: "Pause" }).click();
  const held = await newest();
  await ask("Say hello while I read.");
  await page.getByText(/new requests? waits?/).waitFor();
  expect(await newest()).toBe(held);
  await page.getByRole("button", { name: "Go on" }).click();
  await expect.poll(newest).not.toBe(held);
});

test("filters are kept under a name, also over a reload", async () => {
  const { page } = browser;
  await signIn(page, "/requests?outcome=cancelled");
  await page.getByRole("button", { name: "Save as a view" }).click();
  await page.getByLabel("Name of the view").fill("Gone away");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("link", { name: "Failures" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?outcome=failed");
  await page.reload();
  await page.getByRole("link", { name: "Gone away" }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?outcome=cancelled");
  await page.getByRole("button", { name: "Remove the view Gone away" }).click();
  expect(await page.getByRole("link", { name: "Gone away" }).count()).toBe(0);
});

describe("ten thousand requests", () => {
  const ALL = 10_000;
  /** More than is asked for at once: what is told of is the list, not how often it asks. */
  const PAGE = 2_000;

  /** A page of made-up requests, each a second older than the one before. */
  async function answer(route: Route): Promise<void> {
    const url = new URL(route.request().url());
    const begin = Number(url.searchParams.get("cursor") ?? 0);
    const length = Math.min(PAGE, ALL - begin);
    const requests = Array.from({ length }, (_, place) => {
      const number = begin + place;
      return {
        id: `request-${String(ALL - number).padStart(5, "0")}`,
        started_at: new Date(Date.UTC(2026, 4, 1) - number * 1000).toISOString(),
        duration_ms: 100 + (number % 900),
        first_event_ms: 50,
        endpoint: "responses",
        model: "gpt-5",
        served_model: null,
        agent_key: null,
        key_id: null,
        key_name: null,
        cause: null,
        provider_name: "openai-codex",
        pool_owner: "openai-codex",
        strategy: null,
        selected_provider: "openai-codex",
        attempt_count: 1,
        used_failover: false,
        client: "other",
        status: "completed",
        http_status: 200,
        error_code: null,
        error_message: null,
        usage: null,
        attempts: [],
      };
    });
    const next = begin + length;
    await route.fulfill({ json: { requests, next_cursor: next < ALL ? String(next) : null } });
  }

  test("are scrolled through to the last, and only a window of them is ever in the page", async () => {
    const { page } = browser;
    await page.route(/\/v1\/requests\?/, answer);
    await signIn(page, "/requests");
    await rows(page).first().waitFor();
    const box = page.locator("[data-table]").first();
    const toEnd = () => box.evaluate((it) => it.scrollTo({ top: it.scrollHeight }));
    const numberOf = async () => Number((await rows(page).last().getAttribute("data-row"))?.slice(8));
    let most = 0;
    const look = async () => {
      most = Math.max(most, await rows(page).count());
    };
    // Each time the end comes near, the next page is fetched, until there is none.
    await expect
      .poll(
        async () => {
          await toEnd();
          await look();
          return numberOf();
        },
        { timeout: 100_000, interval: 20 },
      )
      .toBe(1);
    await page.getByText("These are all.").waitFor();
    // With all of them there, a walk through the list.
    for (let step = 0; step <= 20; step += 1) {
      await box.evaluate(async (it, part) => {
        it.scrollTo({ top: it.scrollHeight * part });
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      }, step / 20);
      await look();
    }
    expect(most).toBeGreaterThan(5);
    expect(most).toBeLessThan(100);
  });
});

test("a request that is gone is said in its place", async () => {
  const { page } = browser;
  await signIn(page);
  await open(page, "/requests?request=00000000-0000-7000-8000-000000000000");
  await page
    .getByRole("dialog")
    .getByText(/no such request/)
    .waitFor();
});
