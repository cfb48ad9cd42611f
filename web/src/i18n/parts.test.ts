import { expect, test } from "vitest";
import { CODE, namedIn } from "../../tests/code";
import { flatten } from "../../tests/flatten";
import { LANGUAGES } from "./languages";
import english from "./locales/en.json";
import firstOfEnglish from "./locales/en.json?first";
import { FIRST, partOf, type Words } from "./parts";

const languages = import.meta.glob<Words>("./locales/*.json", { eager: true, import: "default" });
const keysOf = (words: Words) => flatten(words).map(([key]) => key);

/** The file that this one means by that name; none of ours for a package or a style. */
function fileOf(name: string, from: string): string | undefined {
  const path = name.startsWith("@/") ? `/src/${name.slice(2)}` : new URL(name, `file://${from}`).pathname;
  return [path, `${path}.ts`, `${path}.tsx`, `${path}/index.ts`].find((each) => each in CODE);
}

/** What is imported, also later, but for what waits for its words. */
function importsOf(code: string): string[] {
  const now = code.matchAll(/^(?:import|export)\s+(?!type\b)[^;"]*?from\s+"([^"]+)"/gm);
  const later = [...code.matchAll(/(withWords\(\s*)?\(\) =>\s*import\(\s*"([^"]+)"/g)].filter(
    (each) => !each[1],
  );
  return [...[...now].map((each) => each[1] ?? ""), ...later.map((each) => each[2] ?? "")];
}

/** The code that may run while only the first words are there. */
function firstCode(): Map<string, string> {
  const found = new Map<string, string>();
  const add = (file: string) => {
    const code = CODE[file];
    if (code === undefined || found.has(file)) return;
    found.set(file, code);
    for (const name of importsOf(code)) add(fileOf(name, file) ?? "");
  };
  add("/src/main.tsx");
  return found;
}

const all = keysOf(english);
const first = new Set(keysOf(partOf(english, "first")));

test("the code of the first paint is found, and no other", () => {
  const files = [...firstCode().keys()];
  expect(files).toEqual(
    expect.arrayContaining([
      "/src/routes/overview.tsx",
      "/src/components/ErrorNotice.tsx",
      "/src/features/shell/Drawer.tsx",
      "/src/features/palette/PaletteWindow.tsx",
      "/src/hooks/announce.ts",
    ]),
  );
  expect(files).not.toContain("/src/routes/pools.tsx");
  expect(files).not.toContain("/src/features/palette/Palette.tsx");
});

test("whatever the first paint says is in the first part", () => {
  const missing = [...firstCode()].flatMap(([file, code]) =>
    namedIn(code, all)
      .filter((key) => !first.has(key))
      .map((key) => `${file} says ${key}: name it in FIRST of parts.ts, or load the file by withWords`),
  );
  expect(missing).toEqual([]);
});

test("the first part names nothing that the first paint does not say", () => {
  const said = namedIn([...firstCode().values()].join("\n"), all);
  const idle = FIRST.filter((prefix) => {
    const pattern = new RegExp(`^${prefix.replaceAll(".", "\\.").replaceAll("*", "[a-z0-9_]+")}(?:\\.|$)`);
    return !said.some((key) => pattern.test(key));
  });
  expect(idle).toEqual([]);
});

test("both parts of a language together are the language, and none has what the other has", () => {
  for (const { code } of LANGUAGES) {
    const words = languages[`./locales/${code}.json`] ?? {};
    const parts = [...keysOf(partOf(words, "first")), ...keysOf(partOf(words, "rest"))];
    expect([code, parts.toSorted()]).toEqual([code, keysOf(words).toSorted()]);
  }
});

test("the build cuts a language so", () => {
  expect(firstOfEnglish).toEqual(partOf(english, "first"));
});
