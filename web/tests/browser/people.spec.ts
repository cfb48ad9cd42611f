import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eachInBrowser } from "./browser";
import { api, open, removeUser, submitPassword } from "./support";

const EMAIL = "browser-person@example.com";
const PASSWORD = "four words of a browser";
const browser = eachInBrowser();

beforeEach(async () => {
  await removeUser(EMAIL);
});

afterEach(async () => {
  await removeUser(EMAIL);
});

/** The present code of a secret in base 32 (RFC 6238: SHA-1, 30 seconds, six digits). */
function totp(secret: string): string {
  const bits = [...secret.replace(/[\s=]/g, "")]
    .map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const mac = createHmac("sha1", key).update(step).digest();
  const place = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(place) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

test("an invited person sets a password, adds a second factor, and signs in with both", async () => {
  const { page } = browser;
  const answer = await api("POST", "/v1/invitations", { kind: "member", email: EMAIL, role: "viewer" });
  expect(answer.status).toBe(201);
  const { url } = (await answer.json()) as { url: string };
  await open(page, `/invite${new URL(url).hash}`);
  await page.getByText("You are invited to").waitFor();
  expect(await page.getByLabel("E-mail address").inputValue()).toBe(EMAIL);
  await page.getByLabel("Display name").fill("Browser");
  await page.getByLabel("New password").fill(PASSWORD);
  await page.getByRole("button", { name: "Accept and sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
  // A viewer is not shown what a viewer cannot open.
  expect(await page.getByRole("link", { name: "API keys" }).count()).toBe(0);

  await page.getByRole("link", { name: "Browser" }).first().click();
  await page.getByRole("button", { name: "Set it up" }).click();
  const secret = (await page.getByTestId("secret").textContent()) ?? "";
  await page.getByRole("img", { name: /QR code/ }).waitFor();
  await page.getByLabel("Code from the app").fill(totp(secret));
  await page.getByRole("button", { name: "Switch on" }).click();
  const codes = page.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  const recovery = (await codes.first().textContent()) ?? "";
  await page.getByRole("button", { name: "I have stored them" }).click();
  await page.getByText("Every sign-in with your password asks for a code.").waitFor();
  await page.getByText("This one").waitFor();

  await page.getByRole("button", { name: "Sign out" }).click();
  await submitPassword(page, EMAIL, "not the password");
  await page.getByRole("alert").getByText("E-mail address, password or code is wrong.").waitFor();
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("This code is not valid").waitFor();
  // The app's code was used a moment ago, and is taken once.
  await page.getByLabel("Code", { exact: true }).fill(recovery);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { level: 1, name: "Account" }).waitFor();
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  expect(stored).not.toContain(PASSWORD);

  // The link was for one use.
  await open(page, `/invite${new URL(url).hash}`);
  await page.getByText("This invitation does not work").waitFor();
});

test("somebody who is no user is led to the connect dialog of that one account", async () => {
  const { page } = browser;
  const invitation = { kind: "connect", provider_name: "browser-invited" };
  const answer = await api("POST", "/v1/invitations", invitation);
  const { id, url } = (await answer.json()) as { id: string; url: string };
  await open(page, `/invite${new URL(url).hash}`);
  await page.getByRole("heading", { level: 1, name: /Connect your ChatGPT account/ }).waitFor();
  await page.getByRole("tab", { name: "Device code" }).click();
  await page.getByRole("button", { name: "Get a code" }).click();
  await page.getByTestId("user-code").waitFor();
  // The tab stays in the address beside the token, for a reload.
  expect(new URL(page.url()).search).toBe("?way=device");
  expect(new URL(page.url()).hash).toBe(new URL(url).hash);
  await page.getByRole("button", { name: "Cancel sign-in" }).click();
  await page.getByRole("button", { name: "Get a code" }).waitFor();
  await api("DELETE", `/v1/invitations/${id}`);
});
