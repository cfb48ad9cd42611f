import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

interface Violation {
  id: string;
  nodes: { target: string[]; failureSummary?: string }[];
}

interface Axe {
  run: (context: unknown, options: unknown) => Promise<{ violations: Violation[] }>;
}

const source = readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const EVERYTHING = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
  resultTypes: ["violations"],
};
/** What a theme alone can break; the rest is the same in all of them. */
const COLOURS = {
  runOnly: { type: "rule", values: ["color-contrast", "link-in-text-block"] },
  resultTypes: ["violations"],
};

/** An open menu is reached from its button, and is no part of the page that landmarks lead to. */
const MENU = /^div\[data-radix-popper-content-wrapper/;

/** Rows of a table are alike: the first ones stand for all. */
const PAGE = { include: [["html"]], exclude: [["tbody > tr:nth-child(n + 6)"]] };

/** What is in somebody's way on the page as it is now. */
export async function violations(
  page: Page,
  scope: "everything" | "colours" = "everything",
): Promise<string[]> {
  // Evaluated by the debugger, not as a script of the page: the policy stays as it is.
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(await source);
  const found = await page.evaluate(
    async ([context, options]) => {
      const { axe } = globalThis as unknown as { axe: Axe };
      return (await axe.run(context, options)).violations;
    },
    [PAGE, scope === "everything" ? EVERYTHING : COLOURS] as const,
  );
  return found.flatMap(({ id, nodes }) =>
    nodes
      .filter(({ target }) => !(id === "region" && MENU.test(target.join(" "))))
      .map(({ target, failureSummary }) => `${id}: ${target.join(" ")}: ${failureSummary ?? ""}`),
  );
}
