import { Link } from "@tanstack/react-router";
import {
  Bot,
  Building2,
  Gauge,
  KeyRound,
  Layers,
  List,
  MessageSquare,
  Plug,
  ScrollText,
  SlidersHorizontal,
  Users,
  Wrench,
} from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAccess } from "@/hooks/useMay";

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
      { to: "/settings/keys", label: "keys.title", Icon: KeyRound, needs: "manage_keys" },
      { to: "/settings/users", label: "users.title", Icon: Users, needs: "manage_members" },
      { to: "/settings/tenants", label: "tenants.title", Icon: Building2, needs: "manage_tenants" },
      { to: "/settings/activity", label: "activity.title", Icon: ScrollText, needs: "read_audit" },
      { to: "/settings", label: "settings.title", Icon: SlidersHorizontal },
    ],
  },
] as const;

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const { t } = useTranslation();
  const { permissions } = useAccess();
  return (
    <nav aria-label={t("shell.navigation")} className="flex flex-1 flex-col gap-4">
      {GROUPS.map((group) => (
        <div key={group.label}>
          <p className="px-2 pb-1 text-muted text-xs">{t(group.label)}</p>
          <ul>
            {group.pages
              .filter((page) => !("needs" in page) || permissions.has(page.needs))
              .map(({ to, label, Icon }) => (
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
