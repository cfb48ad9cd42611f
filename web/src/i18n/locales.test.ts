import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, test } from "vitest";
import { CODE, namedIn } from "../../tests/code";
import { flatten } from "../../tests/flatten";
import { LANGUAGES, pickLanguage } from "./languages";
import { message } from "./messages";
import type { Words } from "./parts";

const files = import.meta.glob<Words>("./locales/*.json", { eager: true, import: "default" });

const words = Object.fromEntries(
  LANGUAGES.map(({ code }) => [code, new Map(flatten(files[`./locales/${code}.json`] ?? {}))]),
);
const english = words.en ?? new Map<string, string>();
const code = Object.values(CODE).join("\n");

type Node = ReturnType<IntlMessageFormat["getAst"]>[number] & {
  value?: string;
  options?: Record<string, { value: Node[] }>;
};

function variables(nodes: Node[]): string[] {
  return nodes.flatMap((node) => [
    ...(node.type !== 0 && node.type !== 7 && node.value ? [node.value] : []),
    ...Object.values(node.options ?? {}).flatMap((option) => variables(option.value)),
  ]);
}

function variablesOf(text: string, language: string): string[] {
  return [...new Set(variables(new IntlMessageFormat(text, language).getAst() as Node[]))].sort();
}

test("the page knows many words, so the checks below look at something", () => {
  expect(english.size).toBeGreaterThan(200);
  expect(code).toContain("useTranslation");
  expect(variablesOf("{a} {n, plural, =0 {{b}} other {#}} {a}", "en")).toEqual(["a", "b", "n"]);
});

describe.each(LANGUAGES.map(({ code: language }) => language))("%s", (language) => {
  const mine = words[language] ?? new Map<string, string>();

  test("has every key, and none of its own", () => {
    expect([...mine.keys()].sort()).toEqual([...english.keys()].sort());
  });

  test("has no empty text", () => {
    expect([...mine].filter(([, text]) => text.trim() === "")).toEqual([]);
  });

  test("uses the same variables as English, in messages that parse", () => {
    for (const [key, text] of mine) {
      expect([key, variablesOf(text, language)]).toEqual([key, variablesOf(english.get(key) ?? "", "en")]);
    }
  });
});

test("messages are written as a full implementation of ICU writes them", () => {
  for (const { code: language } of LANGUAGES)
    for (const [key, text] of words[language] ?? []) {
      const names = variablesOf(text, language);
      for (const number of [0, 1, 2, 5, 1234]) {
        const values = Object.fromEntries(names.map((name) => [name, number]));
        const full = new IntlMessageFormat(text, language).format(values);
        expect([language, key, message(text, language, values)]).toEqual([language, key, full]);
      }
    }
  for (const text of ["it''s {a}", "isn't {a}", "'{a}' {a}", "{a, plural, =0 {none} other {{b} of #}}"]) {
    const values = { a: 3, b: "x" };
    expect(message(text, "en", values)).toBe(new IntlMessageFormat(text, "en").format(values));
  }
});

test("every key that the code names has words", () => {
  const named = [...code.matchAll(/\bt\(\s*"([^"]+)"/g)].map((match) => match[1] ?? "");
  expect(named.filter((key) => !english.has(key))).toEqual([]);
});

test("every key with words is named in the code", () => {
  const named = new Set(namedIn(code, english.keys()));
  const unused = [...english.keys()].filter((key) => !named.has(key));
  expect(unused).toEqual([]);
});

test("the browser's first language that we speak is taken", () => {
  expect(pickLanguage([null, "fr-FR", "zh-Hans-CN", "en"])).toBe("zh");
  expect(pickLanguage(["fr"])).toBe("en");
});
