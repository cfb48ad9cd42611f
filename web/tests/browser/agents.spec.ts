import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, DEMO_HAS_POOL, POOL, signIn } from "./support";

const KEY = "browser-agent";
const browser = eachInBrowser();

beforeEach(async () => {
  await api("DELETE", `/v1/agents/${KEY}`);
});

afterEach(async () => {
  await api("DELETE", `/v1/agents/${KEY}`);
});

test("an agent is made, tried beside its form, changed, and deleted", async () => {
  const { page } = browser;
  await signIn(page, "/agents");
  await page.getByRole("button", { name: "Make an agent" }).first().click();
  await page.getByText("Save the agent; then you can talk to it here.").waitFor();
  await page.getByLabel("Key").fill(KEY);
  await page.getByLabel("System prompt").fill("Be short.");
  await page.getByRole("checkbox", { name: "read_file" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect.poll(() => new URL(page.url()).searchParams.get("edit"), { timeout: 10_000 }).toBe(KEY);

  await page.getByLabel("Message").fill("Say hello.");
  await page.getByLabel("Message").press("Enter");
  await page.getByTestId("served").waitFor();
  expect((await page.getByTestId("answer").last().textContent())?.trim()).toBeTruthy();

  await page.getByLabel("System prompt").fill("Be very short.");
  await page.getByText("your changes are not in it yet").waitFor();
  await page.getByRole("button", { name: "All agents" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. It applies from the next run on.").waitFor();
  await page.reload();
  await page.getByRole("checkbox", { name: "read_file" }).waitFor();
  expect(await page.getByRole("checkbox", { name: "read_file" }).isChecked()).toBe(true);
  expect(await page.getByLabel("System prompt").inputValue()).toBe("Be very short.");

  await page.getByRole("button", { name: "All agents" }).click();
  const row = page.getByRole("row", { name: new RegExp(`agent:${KEY}`) });
  await row.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await row.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  await expect
    .poll(async () => (await api("GET", `/v1/agents/${KEY}`)).status, { timeout: 20_000 })
    .toBe(404);
});

test.runIf(DEMO_HAS_POOL)("the routing of an agent says in words what it comes to", async () => {
  const { page } = browser;
  const [owner, , last] = POOL;
  await api("POST", "/v1/agents", { agent_key: KEY, provider: owner });
  await signIn(page, `/agents?edit=${KEY}`);
  await page.getByLabel("Which accounts answer").selectOption("custom");
  await page.getByLabel("Accounts of the pool").selectOption("some");
  await page.getByRole("checkbox", { name: last }).check();
  await page.getByText(`go to ${owner} first; when it cannot serve, to ${last}.`).waitFor();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved. It applies from the next run on.").waitFor();
  const saved = (await (await api("GET", `/v1/agents/${KEY}`)).json()) as {
    effective: { routing: { accounts: string[] } | null };
  };
  expect(saved.effective.routing?.accounts).toEqual([owner, last]);
});
