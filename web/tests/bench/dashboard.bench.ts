import { afterAll, test } from "vitest";
import { type Browser, launch } from "../browser/browser";
import { type Entry, PAGES, settled, visit } from "../browser/pages";
import { signIn } from "../browser/support";
import { answerWithMany } from "./many";
import { firstPaint, transferSize } from "./transfer";
import { measured, scriptBytes, scriptTime, watch } from "./watch";

const RUNS = 5;
const STEPS = 80;
const STEP = 600;
const rows: [what: string, value: string, aim: string][] = [];

function page(path: string): Entry {
  const found = PAGES.find((entry) => entry.path === path);
  if (!found) throw new Error(`${path} is not in the list of pages`);
  return found;
}

const ms = (value: number) => `${Math.round(value)} ms`;
const kB = (bytes: number) => `${(bytes / 1000).toFixed(1)} kB`;
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function fresh(prepare: (browser: Browser) => Promise<void>): Promise<void> {
  const browser = await launch();
  try {
    // A list that isn't virtual takes its time; that is what is measured.
    browser.context.setDefaultTimeout(240_000);
    await watch(browser.context);
    await prepare(browser);
  } finally {
    await browser.close();
  }
}

afterAll(() => {
  const widths = [0, 1].map((at) => Math.max(...rows.map((row) => row[at as 0 | 1].length)));
  const lines = rows.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join("  "));
  process.stdout.write(`\n${lines.join("\n")}\n\n`);
});

test("the Overview, with nothing in the browser's cache", async () => {
  const usable: number[] = [];
  const blocking: number[] = [];
  const shift: number[] = [];
  let script = 0;
  for (let run = 0; run < RUNS; run += 1)
    await fresh(async (browser) => {
      const bytes = await scriptBytes(browser.page);
      await signIn(browser.page, "/");
      await settled(browser.page, page("/"));
      const seen = await measured(browser.page);
      await browser.page.waitForLoadState("networkidle");
      usable.push(seen.now);
      blocking.push(seen.blocking);
      shift.push((await measured(browser.page)).shift);
      script = bytes();
    });
  const files = await firstPaint("src/routes/overview.tsx");
  const first = (await Promise.all(files.map(transferSize))).reduce((sum, each) => sum + each, 0);
  rows.push(
    [`Overview: usable after (median of ${RUNS})`, ms(median(usable)), "aim: < 1000 ms"],
    ["Overview: total blocking time", ms(median(blocking)), "aim: < 200 ms"],
    ["Overview: cumulative layout shift", median(shift).toFixed(3), "aim: < 0.1"],
    ["Overview: JavaScript of the first paint", kB(first), "aim: <= 160 kB"],
    ["Overview: JavaScript with the pages fetched ahead", kB(script), ""],
  );
});

/** Scrolls through the page by the wheel, as fast as it follows. */
async function scrolled(browser: Browser, path: string, what: string): Promise<void> {
  await signIn(browser.page, "/settings");
  await browser.page.waitForLoadState("networkidle");
  const before = await measured(browser.page);
  await visit(browser.page, page(path));
  const shown = await measured(browser.page, before.now);
  await browser.page.mouse.move(640, 600);
  const spent = await scriptTime(browser.page);
  for (let step = 0; step < STEPS; step += 1) {
    await browser.page.mouse.wheel(0, STEP);
    await browser.page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  }
  const script = (await spent()) / STEPS;
  const after = await measured(browser.page, shown.now);
  rows.push(
    [`${what}: shown after`, ms(shown.now - before.now), ""],
    [`${what}: longest task while scrolling`, ms(after.longest), "aim: < 50 ms"],
    [`${what}: script for each step of ${STEP} px`, `${script.toFixed(1)} ms`, ""],
  );
}

test("ten thousand requests", () =>
  fresh(async (browser) => {
    await answerWithMany(browser.context, "/v1/requests", 10_000);
    await scrolled(browser, "/requests", "10,000 requests");
  }));

test("fifty accounts", () =>
  fresh(async (browser) => {
    await answerWithMany(browser.context, "/v1/providers", 50);
    await scrolled(browser, "/pools", "50 accounts");
  }));
