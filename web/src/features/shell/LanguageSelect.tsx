import { useTranslation } from "react-i18next";
import { Select } from "@/components/inputs";
import { setLanguage } from "@/i18n";
import { LANGUAGES, pickLanguage } from "@/i18n/languages";

export function LanguageSelect({ id }: { id?: string }) {
  const { t, i18n } = useTranslation();
  return (
    <Select
      id={id}
      aria-label={t("shell.language")}
      value={i18n.language}
      onChange={(event) => setLanguage(pickLanguage([event.target.value]))}
    >
      {LANGUAGES.map(({ code, name }) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </Select>
  );
}
