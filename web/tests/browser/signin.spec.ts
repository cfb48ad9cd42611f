import { expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { open, submitToken } from "./support";

const browser = eachInBrowser();

test("a wrong token is refused in place", async () => {
  const { page } = browser;
  await open(page, "/");
  await submitToken(page, "not-the-token");
  await page.getByRole("alert").getByText("This token is not valid.").waitFor();
});

test("the right token brings one to the page one asked for, and signing out ends it", async () => {
  const { page, context } = browser;
  await open(page, "/requests?outcome=failed");
  await submitToken(page);
  await page.getByRole("heading", { level: 1, name: "Requests" }).waitFor();
  expect(new URL(page.url()).search).toBe("?outcome=failed");

  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(process.env.GATEWAY_TOKEN);
  const cookies = await context.cookies();
  expect(cookies).not.toEqual([]);
  for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict" });

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Sign in" }).waitFor();
});

test("the session survives a reload", async () => {
  const { page } = browser;
  await open(page, "/agents");
  await submitToken(page);
  await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Agents" }).waitFor();
});
