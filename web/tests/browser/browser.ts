import { type BrowserContext, type Browser as BrowserOfTheRun, chromium, type Page } from "playwright-core";
import { afterEach, beforeEach, expect, inject } from "vitest";
import { GATEWAY_URL } from "./session";

export interface Browser {
  context: BrowserContext;
  page: Page;
  /** What the pages complained about: the policy, uncaught errors. */
  complaints: string[];
  close: () => Promise<void>;
}

interface Options {
  width?: number;
}

type Room = Omit<Browser, "close">;

const HEIGHT = 900;
const WIDTH = 1280;
let browser: Promise<BrowserOfTheRun> | undefined;
/** Those of this worker that nobody has at the moment. */
const free: Room[] = [];

async function newRoom(width = WIDTH): Promise<Room> {
  browser ??= chromium.connect(inject("browserEndpoint"));
  const context = await (await browser).newContext({
    viewport: { width, height: HEIGHT },
    colorScheme: "light",
    reducedMotion: "reduce",
    locale: "en-US",
  });
  context.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text());
  });
  return { context, complaints, page: await context.newPage() };
}

/** A browser that has never seen the gateway: nothing is stored, nobody is signed in, nothing is in its cache. */
export async function launch({ width }: Options = {}): Promise<Browser> {
  const room = await newRoom(width);
  return { ...room, close: () => room.context.close() };
}

/** Leaves this as the only tab of its context. */
export async function closeOthers(page: Page): Promise<void> {
  await Promise.all(
    page
      .context()
      .pages()
      .map((each) => (each === page ? null : each.close())),
  );
}

/** Leaves it as it was found. */
async function tidy({ context, page }: Room): Promise<void> {
  await context.unrouteAll({ behavior: "ignoreErrors" });
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await closeOthers(page);
  await context.clearCookies();
  // A file that asks for nothing, of the origin whose storage it is.
  await page.goto(`${GATEWAY_URL}/favicon.svg`);
  await page.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
}

/**
 * The same as others had it before: opening a page in a tab and a cache that are there costs a third. Routes, other tabs,
 * cookies and what is stored go with who had it; listeners and scripts that are added to the page stay, so nobody adds any.
 */
export async function borrow({ width = WIDTH }: Options = {}): Promise<Browser> {
  const room = free.pop() ?? (await newRoom(width));
  room.complaints.length = 0;
  await room.page.setViewportSize({ width, height: HEIGHT });
  const close = async () => {
    await tidy(room);
    free.push(room);
  };
  return { ...room, close };
}

/**
 * Gives each test of the file a browser, and looks afterwards that no page complained. What is prepared in hooks after
 * this call has it already, and is cleared away while it is still there.
 */
export function eachInBrowser(options: Options = {}): Browser {
  const now = {} as Browser;
  beforeEach(async () => void Object.assign(now, await borrow(options)));
  afterEach(async ({ task }) => {
    // In what state a test leaves it that fails, nobody knows.
    if (task.result?.state === "fail") return now.context.close();
    await now.close();
    expect(now.complaints).toEqual([]);
  });
  return now;
}
