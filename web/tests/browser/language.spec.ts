import { expect, test } from "vitest";
import { launch, signIn } from "./support";

test("the language changes in place and is remembered", async () => {
  const browser = await launch();
  await signIn(browser.page);
  for (const [code, heading] of [
    ["vi", "Tổng quan"],
    ["zh", "概览"],
    ["ja", "概要"],
  ] as const) {
    await browser.page.locator('aside select:has(option[value="vi"])').selectOption(code);
    await browser.page.getByRole("heading", { level: 1, name: heading }).waitFor();
    expect(await browser.page.evaluate(() => document.documentElement.lang)).toBe(code);
  }
  await browser.page.reload();
  await browser.page.getByRole("heading", { level: 1, name: "概要" }).waitFor();
  await browser.close();
});
