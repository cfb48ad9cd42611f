export const LANGUAGES = [
  { code: "en", name: "English" },
  { code: "vi", name: "Tiếng Việt" },
  { code: "zh", name: "中文" },
  { code: "ja", name: "日本語" },
] as const;

export type Language = (typeof LANGUAGES)[number]["code"];

/** The first of the wanted languages that we speak; English otherwise. */
export function pickLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const primary = tag?.toLowerCase().split("-")[0];
    const found = LANGUAGES.find(({ code }) => code === primary);
    if (found) return found.code;
  }
  return "en";
}
