import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Locator, type Page } from "playwright-core";

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the browser tests need a running \`gateway demo\``);
  return value.replace(/\/$/, "");
}

export const GATEWAY_URL = environment("GATEWAY_URL");
export const SIMULATOR_URL = environment("SIMULATOR_URL");
const TOKEN = environment("GATEWAY_TOKEN");

/** The simulated account that no provider of the demo uses. */
export const FREE_ACCOUNT = "new@example.com";
/** What the tests connect it as, and remove again. */
export const PROVIDER = "browser-test";

/** The owner and the members of the demo's pool; `GATEWAY_DEMO_POOL=1` says that the demo has it. */
export const POOL = ["openai-codex", "codex-grace", "codex-linus"] as const;
export const DEMO_HAS_POOL = process.env.GATEWAY_DEMO_POOL === "1";

export interface Browser {
  context: BrowserContext;
  page: Page;
  /** What the pages complained about: the policy, uncaught errors. */
  complaints: string[];
  close: () => Promise<void>;
}

interface Options {
  theme?: "light" | "dark";
  width?: number;
}

/** A browser with a fresh profile. */
export async function launch({ theme = "light", width = 1280 }: Options = {}): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), "gateway-browser-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
    ],
    viewport: { width, height: 900 },
    colorScheme: theme,
    reducedMotion: "reduce",
    locale: "en-US",
  });
  context.setDefaultTimeout(30_000);
  const complaints: string[] = [];
  context.on("weberror", (error) => complaints.push(String(error.error())));
  context.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) complaints.push(message.text());
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const close = async () => {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  };
  return { context, page, complaints, close };
}

export async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${GATEWAY_URL}${path}`);
}

export async function submitToken(page: Page, token: string = TOKEN): Promise<void> {
  await page.getByLabel("Gateway token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signIn(page: Page, path = "/"): Promise<void> {
  await open(page, path);
  await submitToken(page);
  await page.locator("#main h1").waitFor();
}

export function providerRow(page: Page, name: string): Locator {
  return page.locator(`tr[data-provider="${name}"]`);
}

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** Calls the gateway's API, as a program would. */
export function api(method: string, path: string, body?: unknown): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${GATEWAY_URL}${path}`, { method, headers, ...content });
}

/** Asks the gateway one question, as a program would. */
export async function ask(question: string): Promise<void> {
  const models = await fetch(`${GATEWAY_URL}/v1/models`, { headers });
  const { data } = (await models.json()) as { data: { id: string }[] };
  const model = data.find(({ id }) => !/^agent:|\//.test(id))?.id;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: question }] });
  const answer = await fetch(`${GATEWAY_URL}/v1/chat/completions`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
}

/** Takes the provider away through the page, as a person would. */
export async function removeProvider(page: Page, name: string): Promise<void> {
  await open(page, "/providers");
  await page.getByRole("button", { name: `More actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(`Type ${name} to confirm`).fill(name);
  await dialog.getByRole("button", { name: "Remove" }).click();
  await providerRow(page, name).waitFor({ state: "detached" });
}
