import { Link } from "@tanstack/react-router";
import { Bot, Gauge, Layers, List, MessageSquare, Plug, SlidersHorizontal, Wrench } from "lucide-react";
import { useTranslation } from "react-i18next";

const GROUPS = [
  {
    label: "shell.group_use",
    pages: [
      { to: "/", label: "overview.title", Icon: Gauge },
      { to: "/pools", label: "pools.title", Icon: Layers },
      { to: "/chat", label: "chat.title", Icon: MessageSquare },
      { to: "/requests", label: "requests.title", Icon: List },
      { to: "/agents", label: "agents.title", Icon: Bot },
    ],
  },
  {
    label: "shell.group_settings",
    pages: [
      { to: "/providers", label: "providers.title", Icon: Plug },
      { to: "/settings/mcp", label: "mcp.title", Icon: Wrench },
      { to: "/settings", label: "settings.title", Icon: SlidersHorizontal, Wrench },
    ],
  },
] as const;

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  return (
    <nav aria-label={t("shell.navigation")} className="flex flex-1 flex-col gap-4">
      {GROUPS.map((group) => (
        <div key={group.label}>
          <p className="px-2 pb-1 text-muted text-xs">{t(group.label)}</p>
          <ul>
            {group.pages.map(({ to, label, Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  onClick={onNavigate}
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
