import { beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { ask, open, signIn, textOf } from "./support";

const browser = eachInBrowser();

beforeEach(async () => {
  await ask("Say hello.");
});

test("what was used is counted, and a name leads to the requests behind it", async () => {
  const { page } = browser;
  await signIn(page, "/usage?period=24h");
  const table = page.getByRole("region", { name: "Usage by: Account" });
  const name = table.getByRole("link").first();
  await name.waitFor();
  const account = await name.innerText();
  await name.click();
  await page.getByRole("heading", { level: 1, name: "Requests" }).waitFor();
  expect(new URL(page.url()).searchParams.get("period")).toBe("24h");
  await page.locator("tr[data-row]").first().waitFor();
  expect(await page.getByLabel("Account", { exact: true }).inputValue()).toBe(account);
});

test("time, filters and what is counted by stand in the address and survive a reload", async () => {
  const { page } = browser;
  await signIn(page, "/usage");
  await page.getByRole("button", { name: "Time: Last 7 days" }).click();
  await page.getByRole("button", { name: "Last 30 days" }).click();
  await page.getByRole("button", { name: "Model", exact: true }).click();
  await page.getByRole("button", { name: "Tokens", exact: true }).click();
  await expect.poll(() => new URL(page.url()).search).toBe("?period=30d&by=model&measure=tokens");
  await page.reload();
  await page.getByRole("region", { name: "Usage by: Model" }).getByRole("link").first().waitFor();
  await page.getByRole("button", { name: "Time: Last 30 days" }).waitFor();
});

test("the charts and the week have tables, and the week is walked by keyboard", async () => {
  const { page } = browser;
  await signIn(page, "/usage?period=24h");
  const days = page.getByRole("figure", { name: "Requests by day" });
  await days.getByRole("button", { name: /As a table/ }).click();
  await days.getByRole("columnheader", { name: "Completed" }).waitFor();
  const grid = page.getByRole("grid", { name: "Hours of the week" });
  await grid.locator("[tabindex='0']").focus();
  await page.keyboard.press("End");
  await page.locator("[data-hour='0-23']:focus").waitFor();
  await page.getByText(/^Monday, 23:00 – 00:00: /).waitFor();
});

test("the table is taken away as a file", async () => {
  const { page } = browser;
  await signIn(page, "/usage?period=24h&by=model");
  await page.getByRole("region", { name: "Usage by: Model" }).getByRole("link").first().waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export CSV" }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe("usage-by-model.csv");
  expect((await textOf(file)).split("\n").length).toBeGreaterThan(1);
});

test("a time without any use says so", async () => {
  const { page } = browser;
  await signIn(page);
  await open(page, "/usage?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z");
  await page.getByText("Nothing was used").waitFor();
});
