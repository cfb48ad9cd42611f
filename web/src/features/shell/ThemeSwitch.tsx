import { Contrast, Monitor, Moon, Sun } from "lucide-react";
import { useId } from "react";
import { useTranslation } from "react-i18next";
import { setTheme, THEMES, useTheme } from "@/hooks/useTheme";

const ICONS = { system: Monitor, light: Sun, dark: Moon, contrast: Contrast };

export function ThemeSwitch() {
  const { t } = useTranslation();
  const current = useTheme();
  const name = useId();
  return (
    <div
      role="radiogroup"
      aria-label={t("shell.theme")}
      className="grid grid-cols-4 rounded-md border border-line bg-sunken p-0.5"
    >
      {THEMES.map((theme) => {
        const Icon = ICONS[theme];
        const label = t(`shell.theme_${theme}`);
        return (
          <label
            key={theme}
            title={label}
            className="relative grid h-6.5 cursor-pointer place-items-center rounded-sm text-muted hover:text-ink has-checked:bg-surface has-checked:text-ink has-checked:shadow-[0_0_0_1px_var(--line)]"
          >
            <input
              type="radio"
              name={name}
              value={theme}
              checked={theme === current}
              aria-label={label}
              onChange={() => setTheme(theme)}
              className="absolute inset-0 cursor-pointer appearance-none rounded-sm"
            />
            <Icon size={15} aria-hidden />
          </label>
        );
      })}
    </div>
  );
}
