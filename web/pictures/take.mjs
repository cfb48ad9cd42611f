// Takes the pictures of the README from a running demo; see .ci/screenshots.sh.
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const { GATEWAY_URL, GATEWAY_TOKEN, CHROMIUM = "/usr/bin/chromium" } = process.env;

const PICTURES = [
  { name: "overview", path: "/", shown: ["[data-headline]", "canvas"] },
  { name: "pools", path: "/pools/openai-codex", shown: ["[data-account]", "svg .route"] },
];

const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ["--no-sandbox", "--disable-background-networking", "--no-first-run"],
});
const page = await browser.newPage({
  viewport: { width: 1280, height: 1000 },
  colorScheme: "light",
  reducedMotion: "reduce",
  locale: "en-US",
});
await page.goto(GATEWAY_URL);
const field = page.getByLabel("Gateway token");
const choice = page.getByRole("button", { name: "Use the gateway’s token" });
await field.or(choice).first().waitFor();
if (await choice.isVisible()) await choice.click();
await field.fill(GATEWAY_TOKEN);
await page.getByRole("button", { name: "Sign in" }).click();
await page.locator("#main h1").waitFor();
for (const { name, path, shown } of PICTURES) {
  await page.goto(new URL(path, GATEWAY_URL).href);
  for (const part of shown) await page.locator(part).first().waitFor({ state: "attached" });
  await page.getByText("Live", { exact: true }).waitFor();
  await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, import.meta.url)) });
}
await browser.close();
