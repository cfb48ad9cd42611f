import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ErrorLines } from "@/components/ErrorLines";
import { Select } from "@/components/inputs";
import { setLanguage } from "@/i18n";
import { LANGUAGES, type Language, pickLanguage } from "@/i18n/languages";

export function LanguageSelect({ id }: { id?: string }) {
  const { t, i18n } = useTranslation();
  const [wanted, setWanted] = useState<Language | null>(null);
  const [failed, setFailed] = useState(false);
  const choose = async (language: Language) => {
    setFailed(false);
    setWanted(language);
    await setLanguage(language).catch(() => setFailed(true));
    setWanted((now) => (now === language ? null : now));
  };
  return (
    <div>
      <Select
        id={id}
        aria-label={t("shell.language")}
        value={wanted ?? i18n.language}
        onChange={({ target }) => void choose(pickLanguage([target.value]))}
      >
        {LANGUAGES.map(({ code, name }) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </Select>
      <ErrorLines errors={failed ? [t("shell.language_failed")] : []} className="mt-1" />
    </div>
  );
}
