import { afterEach, beforeEach, expect, test } from "vitest";
import { borrow, eachInBrowser } from "./browser";
import { api, ask, open, question, signIn } from "./support";

const NAME = "browser-key";
const browser = eachInBrowser();

async function removeKey() {
  const answer = await api("GET", "/v1/keys");
  const { keys } = (await answer.json()) as { keys: { id: string; name: string }[] };
  for (const { id, name } of keys) if (name.startsWith(NAME)) await api("DELETE", `/v1/keys/${id}`);
}

beforeEach(async () => {
  await removeKey();
  await signIn(browser.page, "/settings/keys");
});

afterEach(async () => {
  await removeKey();
});

test("a key is made, shown once, used, seen by its holder, and revoked", async () => {
  const { page } = browser;
  await page.getByRole("button", { name: "Create a key" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill(NAME);
  await dialog.getByRole("button", { name: "Add a limit" }).click();
  await dialog.getByLabel("Limit 1: what").selectOption("tokens");
  await dialog.getByLabel("Limit 1: over").selectOption("day");
  await dialog.getByLabel("Limit 1: amount").fill("1000000");
  await dialog.getByRole("button", { name: "Create a key" }).click();
  const key = (await dialog.getByTestId("secret").textContent()) ?? "";
  expect(key).toMatch(/^gw_[0-9A-Za-z]{40}$/);
  await dialog.getByText("Waiting for the first request").waitFor();
  await dialog.getByRole("tab", { name: "Codex CLI" }).click();
  await dialog.getByText("[model_providers.gateway]").waitFor();

  await ask("Hello", key);
  await dialog.getByText("The first request arrived").waitFor();
  await dialog.getByRole("button", { name: "I have stored it" }).click();
  const row = page.locator(`tr[data-key="${NAME}"]`);
  await row.getByText("Active").waitFor();
  await row.getByText("Tokens per day").waitFor();
  await row.getByText("resets in").waitFor();
  expect(await page.content()).not.toContain(key);

  const holder = await borrow();
  await open(holder.page, "/me");
  await holder.page.getByLabel("API key").fill(key);
  await holder.page.getByRole("button", { name: "Show its use" }).click();
  await holder.page.getByText("Tokens per day").waitFor();
  await holder.page.getByText("Use by day").waitFor();
  // It lasts as long as the tab.
  await holder.page.reload();
  await holder.page.getByText("Tokens per day").waitFor();

  await page.getByRole("button", { name: `More actions for ${NAME}` }).click();
  await page.getByRole("menuitem", { name: "Revoke" }).click();
  await dialog.getByRole("button", { name: "Revoke" }).click({ delay: 1_500 });
  await row.getByText("Revoked").waitFor();
  await holder.page.reload();
  await holder.page.getByText("This key does not work").waitFor();
  expect(holder.complaints).toEqual([]);
  await holder.close();

  await page.getByRole("button", { name: `More actions for ${NAME}` }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});

test("a key's lists and limits can be changed later, and hold at once", async () => {
  const { page } = browser;
  const made = await api("POST", "/v1/keys", { name: NAME, role: "operator" });
  const { key } = (await made.json()) as { key: string };
  await page.reload();
  await page.getByRole("button", { name: `More actions for ${NAME}` }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Add a limit" }).click();
  await dialog.getByLabel("Limit 1: amount").fill("1");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const answers: number[] = [];
  // A minute may turn between two of them, not between each of three.
  while (answers.length < 3) answers.push((await question("Hello", key)).status);
  expect(answers).toContain(429);
});
