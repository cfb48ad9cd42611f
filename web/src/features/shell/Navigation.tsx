import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { usePlaces } from "./usePlaces";

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const places = usePlaces();
  return (
    <nav aria-label={t("shell.navigation")} className="flex flex-1 flex-col gap-4">
      {places.map((group) => (
        <div key={group.label}>
          <p className="px-2 pb-1 text-muted text-xs">{t(group.label)}</p>
          <ul>
            {group.pages.map(({ to, label, Icon, letter }) => (
              <li key={to}>
                <Link
                  to={to}
                  onClick={onNavigate}
                  aria-keyshortcuts={`g ${letter}`}
                  activeOptions={{ exact: to === "/" || to === "/settings", includeSearch: false }}
                  className="flex h-8 items-center gap-2.5 rounded-md px-2 text-muted hover:bg-hover hover:text-ink aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-ink"
                >
                  <Icon size={16} aria-hidden />
                  {t(label)}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
