import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { readStored, writeStored } from "@/hooks/stored";
import { type Language, pickLanguage } from "./languages";
import { messageFormat } from "./messages";
import { fetchWords } from "./words";

i18next.on("languageChanged", (language) => {
  document.documentElement.lang = language;
});

/** Ready when the first words of the browser's (or the chosen) language are there; in English when they don't arrive. */
export async function initI18n() {
  await i18next
    .use(messageFormat)
    .use(initReactI18next)
    .init({
      lng: "en",
      fallbackLng: "en",
      resources: {},
      interpolation: { escapeValue: false },
      react: { useSuspense: false },
    });
  await fetchWords("en", "first");
  const language = pickLanguage([readStored("language"), ...navigator.languages]);
  await fetchWords(language, "first").then(
    () => i18next.changeLanguage(language),
    () => {},
  );
}

let wanted: Language | undefined;

/** Changes the language once all of its words are there; refuses, and changes nothing, when they don't arrive. */
export async function setLanguage(language: Language): Promise<void> {
  wanted = language;
  await Promise.all([fetchWords(language, "first"), fetchWords(language, "rest")]);
  // Another one may have been chosen on the way.
  if (wanted !== language) return;
  writeStored("language", language);
  await i18next.changeLanguage(language);
}

/** The words that the first paint does without: in the language of the page, otherwise in English. */
async function otherWords(): Promise<void> {
  const language = pickLanguage([i18next.language]);
  await fetchWords(language, "rest").catch(() => fetchWords("en", "rest"));
}

/** Loads a page, or a part of one, together with the words that the first paint does without. */
export function withWords<T>(load: () => Promise<T>): () => Promise<T> {
  return async () => {
    const [loaded] = await Promise.all([load(), otherWords()]);
    return loaded;
  };
}
