import { text } from "node:stream/consumers";
import type { Download, Locator, Page } from "playwright-core";
import { inject } from "vitest";
import { type Cookie, GATEWAY_URL, TOKEN } from "./session";

export { type Browser, launch } from "./browser";
export { GATEWAY_URL, SIMULATOR_URL } from "./session";

/** The simulated account that no provider of the demo uses. */
export const FREE_ACCOUNT = "new@example.com";
/** What the tests connect it as, and remove again. */
export const PROVIDER = "browser-test";

/** The owner and the members of the demo's pool; `GATEWAY_DEMO_POOL=1` says that the demo has it. */
export const POOL = ["openai-codex", "codex-grace", "codex-linus"] as const;
export const DEMO_HAS_POOL = process.env.GATEWAY_DEMO_POOL === "1";

export async function open(page: Page, path: string): Promise<void> {
  await page.goto(`${GATEWAY_URL}${path}`);
}

/** The way in by the token, which is not the first one where people have passwords. */
export async function chooseToken(page: Page): Promise<void> {
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  const field = page.getByLabel("Gateway token");
  const choice = page.getByRole("button", { name: "Use the gateway’s token" });
  await field.or(choice).first().waitFor();
  if (await choice.isVisible()) await choice.click();
  await field.waitFor();
}

/** The way in by a password, which is not the first one while nobody is owner. */
export async function submitPassword(page: Page, email: string, password: string): Promise<void> {
  // The page before it may have a field of that name.
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  const field = page.getByLabel("E-mail address");
  const choice = page.getByRole("button", { name: "Use e-mail address and password" });
  await field.or(choice).first().waitFor();
  if (await choice.isVisible()) await choice.click();
  await field.fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function submitToken(page: Page, token: string = TOKEN): Promise<void> {
  await chooseToken(page);
  await page.getByLabel("Gateway token").fill(token);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** The session of the gateway's token that all specs of a worker share. */
export function sharedSession(): Cookie[] {
  return inject("sessions")[GATEWAY_URL] ?? [];
}

/** Signed in with the gateway's token, in the session that all specs share: who signs out enters by the form. */
export async function signIn(page: Page, path = "/"): Promise<void> {
  await page.context().addCookies(sharedSession());
  await open(page, path);
  await page.locator("#main h1").waitFor();
}

/** Opens the palette by its keys, and waits until Enter chooses what it finds. */
export async function openPalette(page: Page): Promise<Locator> {
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Search and commands" });
  await palette.getByRole("combobox").waitFor();
  return palette;
}

export function providerRow(page: Page, name: string): Locator {
  return page.locator(`tr[data-provider="${name}"]`);
}

const headers = { authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** What was downloaded. */
export async function textOf(download: Download): Promise<string> {
  return text(await download.createReadStream());
}

/** Calls the gateway's API, as a program would. */
export function api(method: string, path: string, body?: unknown): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${GATEWAY_URL}${path}`, { method, headers, ...content });
}

/** Makes a user of the first tenant, as they would by the link of an invitation. */
export async function makeUser(email: string, password: string, role = "operator"): Promise<void> {
  const invited = await api("POST", "/v1/invitations", { kind: "member", email, role });
  const { url } = (await invited.json()) as { url: string };
  const token = new URL(url).hash.slice(1);
  const accepted = await fetch(`${GATEWAY_URL}/v1/invitations/accept`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-gateway-csrf": "1" },
    body: JSON.stringify({ token, email, password }),
  });
  if (!accepted.ok) throw new Error(`${accepted.status}: ${await accepted.text()}`);
}

/** Takes the user of this address out of the first tenant, if there is one. */
export async function removeUser(email: string): Promise<void> {
  const answer = await api("GET", "/v1/users");
  const { users } = (await answer.json()) as { users: { id: string; email: string }[] };
  const found = users.find((each) => each.email === email);
  if (found) await api("DELETE", `/v1/users/${found.id}`);
}

/** Puts one question to the gateway, as a program would: with its token, or with a key; to any model it has, or to one. */
export async function question(text: string, key: string = TOKEN, wanted?: string): Promise<Response> {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const models = await fetch(`${GATEWAY_URL}/v1/models`, { headers });
  const { data } = (await models.json()) as { data: { id: string }[] };
  const model = wanted ?? data.find(({ id }) => !/^agent:|\//.test(id))?.id;
  const body = JSON.stringify({ model, messages: [{ role: "user", content: text }] });
  return fetch(`${GATEWAY_URL}/v1/chat/completions`, { method: "POST", headers, body });
}

/** Has a question answered. */
export async function ask(text: string, key: string = TOKEN): Promise<void> {
  const answer = await question(text, key);
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
