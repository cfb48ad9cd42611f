import i18next, { type BackendModule } from "i18next";
import { initReactI18next } from "react-i18next";
import { readStored, writeStored } from "@/hooks/stored";
import { type Language, pickLanguage } from "./languages";
import en from "./locales/en.json";
import { messageFormat } from "./messages";

type Words = typeof en;

const LOADERS: Record<Language, () => Promise<{ default: Words }>> = {
  en: async () => ({ default: en }),
  vi: () => import("./locales/vi.json"),
  zh: () => import("./locales/zh.json"),
  ja: () => import("./locales/ja.json"),
};

const backend: BackendModule = {
  type: "backend",
  init() {},
  read(language, _namespace, done) {
    LOADERS[pickLanguage([language])]().then(
      (words) => done(null, words.default),
      (error: Error) => done(error, false),
    );
  },
};

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

/** Ready when the words of the browser's (or the chosen) language are loaded. */
export async function initI18n() {
  await i18next
    .use(backend)
    .use(messageFormat)
    .use(initReactI18next)
    .init({
      lng: pickLanguage([readStored("language"), ...navigator.languages]),
      fallbackLng: "en",
      partialBundledLanguages: true,
      resources: { en: { translation: en } },
      interpolation: { escapeValue: false },
      react: { useSuspense: false },
    });
}

export function setLanguage(language: Language) {
  writeStored("language", language);
  void i18next.changeLanguage(language);
}
