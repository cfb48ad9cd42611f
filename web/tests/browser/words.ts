import en from "../../src/i18n/locales/en.json";
import ja from "../../src/i18n/locales/ja.json";
import vi from "../../src/i18n/locales/vi.json";
import zh from "../../src/i18n/locales/zh.json";
import { flatten } from "../flatten";

/** Every word of the dashboard, by language and key. */
export const WORDS: Record<string, ReadonlyMap<string, string>> = {
  en: new Map(flatten(en)),
  vi: new Map(flatten(vi)),
  zh: new Map(flatten(zh)),
  ja: new Map(flatten(ja)),
};

/** What a key says in that language; for words without a value in them. */
export function words(language: string): (key: string) => string {
  return (key) => {
    const text = WORDS[language]?.get(key);
    if (text === undefined) throw new Error(`no ${language} words for ${key}`);
    return text;
  };
}
