import { beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { signIn } from "./support";

const browser = eachInBrowser();

beforeEach(async () => {
  await signIn(browser.page, "/chat");
  await browser.page.getByLabel("Model or agent").waitFor();
});

test("an answer streams in and says which account served it", async () => {
  const { page } = browser;
  await page.getByLabel("Message").fill("Say hello.");
  // Nothing is sent before the models are there; a click would wait for that, the key does not.
  await expect
    .poll(() => page.getByRole("button", { name: "Send" }).isEnabled(), { timeout: 20_000 })
    .toBe(true);
  await page.getByLabel("Message").press("Enter");
  await page.getByTestId("answer").waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
  expect((await page.getByTestId("answer").textContent())?.trim()).toBeTruthy();
  expect(await page.getByTestId("served").textContent()).toMatch(/^served by \S+/);

  await page.getByRole("link", { name: "Requests" }).click();
  await page.getByRole("table").getByText("Completed").first().waitFor();
});

test("an answer can be stopped, and the conversation goes on", async () => {
  const { page } = browser;
  await page.getByLabel("Message").fill("Write a very long story, as long as you can.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText("Stopped.").waitFor();
  await page.getByLabel("Message").fill("Say hello.");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByTestId("answer").last().waitFor();
  await page.getByRole("button", { name: "Send" }).waitFor();
  await page.getByRole("button", { name: "New conversation" }).click();
  await page.getByText("Ask something", { exact: true }).waitFor();
});
