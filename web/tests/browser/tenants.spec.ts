import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, open, signIn } from "./support";

const SLUG = "browser-lab";
const browser = eachInBrowser();

beforeEach(async () => {
  await api("DELETE", `/v1/tenants/${SLUG}?confirm=${SLUG}`);
});

afterEach(async () => {
  await api("DELETE", `/v1/tenants/${SLUG}?confirm=${SLUG}`);
});

test("a tenant is made, shown in this tab alone, and deleted", async () => {
  const { page } = browser;
  await signIn(page, "/settings/tenants");
  await page.getByRole("button", { name: "Create a tenant" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("Browser Lab");
  expect(await dialog.getByLabel("Short name").inputValue()).toBe(SLUG);
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.locator(`tr[data-tenant="${SLUG}"]`);
  await row.getByRole("button", { name: "Switch to Browser Lab" }).click();
  await row.getByText("Shown now").waitFor();

  // It has nothing of the first tenant's, also after a reload; another tab shows the first one.
  await open(page, "/providers");
  await page.getByText("No provider yet").waitFor();
  await page.reload();
  await page.getByText("No provider yet").waitFor();
  const other = await browser.context.newPage();
  await open(other, "/providers");
  await other.locator("tr[data-provider]").first().waitFor();
  await other.close();

  await page.locator("aside").getByLabel("Tenant").selectOption("master");
  await page.locator("tr[data-provider]").first().waitFor();
  await open(page, "/settings/tenants");
  await page.getByRole("button", { name: "More actions for Browser Lab" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog.getByLabel(`Type ${SLUG} to confirm`).fill(SLUG);
  await dialog.getByRole("button", { name: "Delete" }).click();
  await row.waitFor({ state: "detached" });
});
