import { expect, test } from "vitest";
import { firstPaint, transferSize } from "../bench/transfer";

/**
 * Compressed JavaScript, in bytes. The aim is 160 kB: what was measured on 2026-11-22 was 183 kB, a fifth of it the words of
 * all pages and what formats them. Until those come with their pages, this keeps it from growing.
 */
const MOST = 190_000;

test("what the Overview's first paint loads does not grow", async () => {
  const files = await firstPaint("src/routes/overview.tsx");
  expect(files.length).toBeGreaterThan(1);
  const sizes = await Promise.all(files.map(async (file) => [file, await transferSize(file)] as const));
  const sum = sizes.reduce((total, [, size]) => total + size, 0);
  expect([sum <= MOST, sum > MOST ? sizes : []]).toEqual([true, []]);
});
