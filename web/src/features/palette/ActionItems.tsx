import { Keyboard, LogOut, Plus, Printer } from "lucide-react";
import { useTranslation } from "react-i18next";
import { over } from "@/hooks/everywhere";
import { leave } from "@/hooks/leaving";
import { useAccess } from "@/hooks/useMay";
import { useSignOut } from "@/hooks/useSession";
import { type Go, Item } from "./Item";

interface ActionItemsProps {
  go: Go;
  run: (action: () => void) => void;
}

/** What can be done from anywhere, as far as the role may. */
export function ActionItems({ go, run }: ActionItemsProps) {
  const { t } = useTranslation();
  const { permissions } = useAccess();
  const signOut = useSignOut();
  const ways = [
    ["manage_providers", "providers.connect", () => go({ to: "/providers", search: { connect: "new" } })],
    ["manage_providers", "providers.add", () => go({ to: "/providers", search: { edit: "new" } })],
    ["manage_providers", "pools.create", () => go({ to: "/pools", search: { edit: "new" } })],
    ["manage_agents", "agents.create", () => go({ to: "/agents", search: { create: true } })],
    ["manage_keys", "keys.create", () => go({ to: "/settings/keys", search: { edit: "new" } })],
    ["manage_members", "users.invite", () => go({ to: "/settings/users", search: { invite: true } })],
    ["manage_tools", "mcp.add", () => go({ to: "/settings/mcp", search: { edit: "new" } })],
    ["manage_tenants", "tenants.create", () => go({ to: "/settings/tenants", search: { edit: "new" } })],
  ] as const;
  return (
    <>
      {ways.map(([needs, label, act]) =>
        permissions.has(needs) ? (
          <Item key={label} id={`act ${label}`} Icon={Plus} label={t(label)} onSelect={() => void act()} />
        ) : null,
      )}
      <Item
        id="act help"
        Icon={Keyboard}
        label={t("shortcuts.help")}
        keys="?"
        onSelect={() => run(() => over.set("help"))}
      />
      <Item id="act print" Icon={Printer} label={t("palette.print")} onSelect={() => run(printLater)} />
      <Item
        id="act sign out"
        Icon={LogOut}
        label={t("shell.sign_out")}
        onSelect={() => run(() => leave(signOut.mutate))}
      />
    </>
  );
}

/** The palette is part of the page until it has gone. */
function printLater() {
  setTimeout(() => window.print(), 100);
}
