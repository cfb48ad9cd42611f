import { EyeOff, Languages, Rows3, SunMoon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { showToast } from "@/hooks/toasts";
import { setBlur, useBlur } from "@/hooks/useBlur";
import { setDensity, useDensity } from "@/hooks/useDensity";
import { setTheme, THEMES } from "@/hooks/useTheme";
import { setLanguage } from "@/i18n";
import { LANGUAGES, type Language } from "@/i18n/languages";
import { Item } from "./Item";

/** Theme, language and the look of tables. */
export function PreferenceItems({ run }: { run: (action: () => void) => void }) {
  const { t } = useTranslation();
  const density = useDensity();
  const blurred = useBlur();
  // The palette is closed by then.
  const choose = (language: Language) => {
    setLanguage(language).catch(() => showToast({ tone: "bad", text: t("shell.language_failed"), ms: null }));
  };
  return (
    <>
      {THEMES.map((theme) => (
        <Item
          key={theme}
          id={`theme ${theme}`}
          Icon={SunMoon}
          label={t(`shell.theme_${theme}`)}
          note={t("shell.theme")}
          onSelect={() => run(() => setTheme(theme))}
        />
      ))}
      {LANGUAGES.map(({ code, name }) => (
        <Item
          key={code}
          id={`language ${code}`}
          Icon={Languages}
          label={name}
          note={t("shell.language")}
          onSelect={() => run(() => choose(code))}
        />
      ))}
      <Item
        id="blur"
        Icon={EyeOff}
        label={t("shell.blur")}
        note={t(blurred ? "palette.on" : "palette.off")}
        onSelect={() => run(() => setBlur(!blurred))}
      />
      <Item
        id="density"
        Icon={Rows3}
        label={t("table.compact")}
        note={t(density === "compact" ? "palette.on" : "palette.off")}
        onSelect={() => run(() => setDensity(density === "compact" ? "comfortable" : "compact"))}
      />
    </>
  );
}
