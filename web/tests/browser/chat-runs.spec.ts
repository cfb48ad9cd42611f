import type { Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, signIn } from "./support";

const KEY = "browser-chat";
/** The simulated OpenAI takes its time for it. */
const STORY = "[slow] Write a very long story, as long as you can.";
const browser = eachInBrowser();

beforeAll(async () => {
  await api("DELETE", `/v1/agents/${KEY}`);
  const made = await api("POST", "/v1/agents", { agent_key: KEY, system_prompt: "Be short." });
  expect(made.status).toBe(201);
});

afterAll(async () => void (await api("DELETE", `/v1/agents/${KEY}`)));

beforeEach(async () => {
  await signIn(browser.page, `/chat?model=agent:${KEY}`);
});

async function say(page: Page, text: string): Promise<void> {
  await page.getByLabel("Message").fill(text);
  await page.getByLabel("Message").press("Enter");
}

const session = (page: Page) => new URL(page.url()).searchParams.get("session");

test("a conversation is kept, found, renamed and deleted, and says who served it and why", async () => {
  const { page } = browser;
  await say(page, "Say hello to the walrus.");
  await page.getByTestId("served").waitFor();
  expect(await page.getByTestId("served").textContent()).toMatch(/^served by \S+/);
  const id = session(page);
  expect(id).toBeTruthy();
  await page.reload();
  await page.getByTestId("answer").last().waitFor();
  await page.getByText("Steps, and why each went where it went").click();
  await page.getByRole("link", { name: "Why this account?" }).first().click();
  await page.getByRole("dialog").getByTestId("decision").waitFor();
  await page.goBack();

  await page.getByLabel("Search conversations").fill("walrus");
  const row = page.locator(`[data-session="${id}"]`);
  await row.getByTestId("snippet").waitFor();
  await row.getByRole("button").click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("The walrus");
  await page.getByRole("button", { name: "Save" }).click();
  await row.getByText("The walrus", { exact: true }).first().waitFor();
  await row.getByRole("button").click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export as Markdown" }).click();
  expect((await download).suggestedFilename()).toBe("The-walrus.md");
  await row.getByRole("button").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).waitFor();
  await page.getByText("Ask something", { exact: true }).waitFor();
});

test("a run goes on while the page is away, and is stopped from it", async () => {
  const { page } = browser;
  await say(page, STORY);
  await page.getByTestId("answer").waitFor();
  await expect.poll(() => session(page), { timeout: 10_000 }).toBeTruthy();
  await page.reload();
  await page.getByTestId("answer").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
});

test("a message that is said meanwhile waits, and is part of the conversation in the end", async () => {
  const { page } = browser;
  await say(page, STORY);
  await page.getByTestId("answer").waitFor();
  await page.getByLabel("Message").fill("Say hello.");
  await page.getByRole("button", { name: "Queue" }).click();
  await page.getByText("Queued: the agent reads it at its next step").waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Send" }).first().waitFor();
  await page.getByTestId("queued").waitFor({ state: "detached" });
  await page.getByText("Say hello.").waitFor();
});

test("an earlier message is said differently, and what followed it is gone", async () => {
  const { page } = browser;
  await say(page, "Say hello.");
  await page.getByTestId("served").waitFor();
  await say(page, "Say goodbye.");
  await expect.poll(() => page.getByTestId("served").count(), { timeout: 30_000 }).toBe(2);
  await page.getByRole("button", { name: "Edit the question" }).first().click();
  await page.getByRole("textbox", { name: "Edit the question" }).fill("Say good evening.");
  await page.getByTestId("turn").first().getByRole("button", { name: "Send" }).click();
  await page.getByText("Say goodbye.", { exact: true }).waitFor({ state: "detached" });
  await page.getByTestId("served").waitFor();
  await page.reload();
  await page.getByText("Say good evening.").first().waitFor();
  expect(await page.getByTestId("turn").count()).toBe(1);
});
