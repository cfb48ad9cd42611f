import { Monitor, Moon, Sun } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { useTranslation } from "react-i18next";
import { setTheme, THEMES, useTheme } from "@/hooks/useTheme";

const ICONS = { system: Monitor, light: Sun, dark: Moon };

export function ThemeSwitch() {
  const { t } = useTranslation();
  const current = useTheme();
  return (
    <ToggleGroup.Root
      type="single"
      value={current}
      aria-label={t("shell.theme")}
      onValueChange={(value) => {
        const theme = THEMES.find((each) => each === value);
        if (theme) setTheme(theme);
      }}
      className="grid grid-cols-3 rounded-md border border-line bg-sunken p-0.5"
    >
      {THEMES.map((theme) => {
        const Icon = ICONS[theme];
        return (
          <ToggleGroup.Item
            key={theme}
            value={theme}
            aria-label={t(`shell.theme_${theme}`)}
            title={t(`shell.theme_${theme}`)}
            className="grid h-6.5 place-items-center rounded-sm text-muted hover:text-ink data-[state=on]:bg-surface data-[state=on]:text-ink data-[state=on]:shadow-[0_0_0_1px_var(--line)]"
          >
            <Icon size={15} aria-hidden />
          </ToggleGroup.Item>
        );
      })}
    </ToggleGroup.Root>
  );
}
