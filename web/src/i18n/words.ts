import i18next from "i18next";
import type { Language } from "./languages";
import en from "./locales/en.json?first";
import type { Part, Words } from "./parts";

type Load = () => Promise<{ default: Words }>;

const LOAD: Record<Language, Record<Part, Load>> = {
  // In the bundle, so that there are words when nothing else arrives.
  en: { first: async () => ({ default: en }), rest: () => import("./locales/en.json?rest") },
  vi: { first: () => import("./locales/vi.json?first"), rest: () => import("./locales/vi.json?rest") },
  zh: { first: () => import("./locales/zh.json?first"), rest: () => import("./locales/zh.json?rest") },
  ja: { first: () => import("./locales/ja.json?first"), rest: () => import("./locales/ja.json?rest") },
};

const fetched = new Map<string, Promise<void>>();

/** Makes a part of a language known, once; what did not arrive is asked for anew the next time. */
export function fetchWords(language: Language, part: Part): Promise<void> {
  const name = `${language} ${part}`;
  const before = fetched.get(name);
  if (before) return before;
  const now = LOAD[language][part]().then(
    (words) => {
      i18next.addResourceBundle(language, "translation", words.default, true);
    },
    (error: unknown) => {
      fetched.delete(name);
      throw error;
    },
  );
  fetched.set(name, now);
  return now;
}
