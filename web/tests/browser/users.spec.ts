import { afterEach, beforeEach, expect, test } from "vitest";
import { borrow, eachInBrowser } from "./browser";
import { api, makeUser, open, removeUser, signIn, submitPassword } from "./support";

const EMAIL = "browser-user@example.com";
const PASSWORD = "four words of a browser";
const INVITED = "browser-invited@example.com";
const browser = eachInBrowser();

/** Withdraws what waits for this address. */
async function withdraw(email: string): Promise<void> {
  const answer = await api("GET", "/v1/invitations");
  const { invitations } = (await answer.json()) as { invitations: { id: string; email?: string }[] };
  for (const each of invitations) if (each.email === email) await api("DELETE", `/v1/invitations/${each.id}`);
}

async function clear(): Promise<void> {
  await removeUser(EMAIL);
  await withdraw(INVITED);
}

beforeEach(clear);
afterEach(clear);

test("a link is made, shown once, and withdrawn", async () => {
  const { page } = browser;
  await signIn(page, "/settings/users");
  await page.getByRole("button", { name: "Invite" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("E-mail address").fill(INVITED);
  await dialog.getByLabel("Role").selectOption("admin");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  expect(await dialog.getByTestId("secret").textContent()).toMatch(/\/invite#./);
  await dialog.getByRole("button", { name: "Close" }).first().click();
  const button = page.getByRole("button", { name: `Withdraw the invitation: ${INVITED}` });
  await button.click();
  await button.waitFor({ state: "detached" });
});

test("a user's role is changed, they are disabled and removed, and see of it what they may", async () => {
  const { page } = browser;
  await makeUser(EMAIL, PASSWORD, "admin");
  await signIn(page, "/settings/users");
  const row = page.locator(`tr[data-user="${EMAIL}"]`);
  await page.getByLabel(`Role of ${EMAIL}`).selectOption("viewer");

  const theirs = await borrow();
  await open(theirs.page, "/providers");
  await submitPassword(theirs.page, EMAIL, PASSWORD);
  await theirs.page.getByRole("heading", { level: 1, name: "Providers" }).waitFor();
  await theirs.page.getByText("You are signed in as Viewer").waitFor();
  expect(await theirs.page.getByRole("link", { name: "Users" }).count()).toBe(0);
  await open(theirs.page, "/settings/users");
  await theirs.page.getByText("Only an administrator or owner can do this.").waitFor();

  await page.getByRole("button", { name: `More actions for ${EMAIL}` }).click();
  await page.getByRole("menuitem", { name: "Disable" }).click();
  await row.getByText("Disabled").waitFor();
  await theirs.page.reload();
  await theirs.page.getByText("This account may not use any tenant").waitFor();
  await theirs.page.getByRole("button", { name: "Sign out" }).click();
  await theirs.page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await theirs.close();

  await page.getByRole("button", { name: `More actions for ${EMAIL}` }).click();
  await page.getByRole("menuitem", { name: "Remove" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(`Type ${EMAIL} to confirm`).fill(EMAIL);
  await dialog.getByRole("button", { name: "Remove" }).click();
  await row.waitFor({ state: "detached" });
});
