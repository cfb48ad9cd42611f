import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, signIn } from "./support";

const NAME = "browser-mcp";
const browser = eachInBrowser();

beforeEach(async () => {
  await api("DELETE", `/v1/mcp/servers/${NAME}`);
  await signIn(browser.page, "/settings/mcp");
});

afterEach(async () => {
  await api("DELETE", `/v1/mcp/servers/${NAME}`);
});

test("a server that cannot be reached says so, keeps its secret, and is deleted", async () => {
  const { page } = browser;
  await page.getByRole("button", { name: "Add a server" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("This runs a program on the gateway’s machine").waitFor();
  await dialog.getByLabel("Name", { exact: true }).fill(NAME);
  await dialog.getByLabel("How it is reached").selectOption("streamable_http");
  await dialog.getByLabel("Address", { exact: true }).fill("http://127.0.0.1:9/mcp");
  await dialog.getByRole("button", { name: "Add a value" }).click();
  await dialog.getByLabel("Name 1").fill("Authorization");
  await dialog.getByLabel("Value 1").fill("Bearer s3cret");
  await dialog.getByRole("button", { name: "Save" }).click();
  await dialog.waitFor({ state: "detached" });
  const row = page.locator(`tr[data-server="${NAME}"]`);
  await row.getByText("Failed", { exact: true }).waitFor();
  await page.getByRole("button", { name: `Tools of ${NAME}` }).click();
  await page.getByText("No tools known yet.").waitFor();
  expect(await page.content()).not.toContain("s3cret");

  const act = async (what: string) => {
    await page.getByRole("button", { name: `More actions for ${NAME}` }).click();
    await page.getByRole("menuitem", { name: what }).click();
  };
  await act("Edit");
  expect(await dialog.getByLabel("Name 1").inputValue()).toBe("Authorization");
  expect(await dialog.getByLabel("Value 1").inputValue()).toBe("");
  await dialog.getByLabel("Switched on").uncheck();
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("Switched off").waitFor();
  await act("Delete");
  await dialog.getByLabel(`Type ${NAME} to confirm`).fill(NAME);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});
