import {
  Bot,
  Building2,
  ChartColumn,
  CircleUserRound,
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

/** Every page of the navigation, the letter that goes there after `g`, and what one must be allowed to see it. */
export const PLACES = [
  {
    label: "shell.group_use",
    pages: [
      { to: "/", label: "overview.title", Icon: Gauge, letter: "o" },
      { to: "/pools", label: "pools.title", Icon: Layers, letter: "p" },
      { to: "/chat", label: "chat.title", Icon: MessageSquare, letter: "c" },
      { to: "/requests", label: "requests.title", Icon: List, letter: "r" },
      { to: "/usage", label: "usage.title", Icon: ChartColumn, letter: "n" },
      { to: "/agents", label: "agents.title", Icon: Bot, letter: "a" },
    ],
  },
  {
    label: "shell.group_settings",
    pages: [
      { to: "/providers", label: "providers.title", Icon: Plug, letter: "v" },
      { to: "/settings/mcp", label: "mcp.title", Icon: Wrench, letter: "m" },
      { to: "/settings/keys", label: "keys.title", Icon: KeyRound, letter: "k", needs: "manage_keys" },
      { to: "/settings/users", label: "users.title", Icon: Users, letter: "u", needs: "manage_members" },
      {
        to: "/settings/tenants",
        label: "tenants.title",
        Icon: Building2,
        letter: "t",
        needs: "manage_tenants",
      },
      {
        to: "/settings/activity",
        label: "activity.title",
        Icon: ScrollText,
        letter: "l",
        needs: "read_audit",
      },
      { to: "/settings", label: "settings.title", Icon: SlidersHorizontal, letter: "s" },
    ],
  },
] as const;

/** Where one finds oneself; it stands below the navigation. */
export const ACCOUNT = {
  to: "/account",
  label: "account.title",
  Icon: CircleUserRound,
  letter: "i",
} as const;

export type Place = (typeof PLACES)[number]["pages"][number] | typeof ACCOUNT;
