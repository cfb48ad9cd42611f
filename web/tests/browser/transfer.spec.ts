import { expect, test } from "vitest";
import { firstPaint, transferSize, wordsFile } from "../bench/transfer";

/** Compressed JavaScript, in bytes: what a first visit costs before the Overview is drawn. */
const MOST = 160_000;

test.each(["en", "vi", "zh", "ja"])(
  "the Overview's first paint loads little script in %s",
  async (language) => {
    const files = await firstPaint("src/routes/overview.tsx");
    expect(files.length).toBeGreaterThan(1);
    if (language !== "en") files.push(await wordsFile(language, "first"));
    const sizes = await Promise.all(files.map(async (file) => [file, await transferSize(file)] as const));
    const sum = sizes.reduce((total, [, size]) => total + size, 0);
    expect([sum <= MOST, sum > MOST ? sizes : []]).toEqual([true, []]);
  },
);
