import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { ROLES } from "@/api/permissions";
import { type Column, DataTable, type Rows, timeColumn } from "@/components/DataTable";
import { StatusWord } from "@/components/StatusWord";
import { useAccess } from "@/hooks/useMay";
import { disableBar, removeBar, roleBar } from "./rules";
import { nameOf, Person, UserMenu, UserRole } from "./UserCells";

interface UserTableProps extends Rows<User> {
  /** Who looks; `null` with the gateway's token. */
  self: string | null;
  onRemove: (user: User) => void;
}

/** How somebody signs in; a second factor only goes with a password. */
function wayOf({ has_password, has_totp }: User) {
  if (!has_password) return "users.elsewhere";
  return has_totp ? "users.two_factors" : "users.password";
}

const stateOf = ({ disabled }: User) => (disabled ? "users.disabled" : "users.active");

export function UserTable({ self, onRemove, ...table }: UserTableProps) {
  const { t } = useTranslation();
  const { role } = useAccess();
  const { rows } = table;
  const columns = useMemo((): Column<User>[] => {
    const users = [...(rows ?? [])];
    const viewer = { id: self, role };
    return [
      {
        id: "person",
        header: t("users.person"),
        shown: "fixed",
        width: 16,
        narrow: "line",
        sort: nameOf,
        cell: (user) => <Person user={user} self={user.id === self} />,
      },
      {
        id: "role",
        header: t("settings.role"),
        shown: "fixed",
        width: 14,
        largestFirst: true,
        sort: (user) => ROLES.indexOf(user.role),
        cell: (user) => <UserRole user={user} bar={roleBar(user, users, viewer)} />,
      },
      {
        id: "state",
        header: t("users.state_column"),
        width: 7,
        sort: (user) => t(stateOf(user)),
        cell: (user) => <StatusWord tone={user.disabled ? "idle" : "good"}>{t(stateOf(user))}</StatusWord>,
      },
      {
        id: "way",
        header: t("users.signs_in"),
        width: 10,
        sort: (user) => t(wayOf(user)),
        cell: (user) => t(wayOf(user)),
      },
      timeColumn({
        id: "seen",
        header: t("account.last_seen"),
        at: ({ last_seen_at }) => last_seen_at,
        never: t("users.never"),
      }),
      timeColumn({
        id: "created",
        header: t("common.created"),
        shown: "optional",
        at: ({ created_at }) => created_at,
      }),
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 4,
        className: "text-right max-sm:ml-auto",
        cell: (user) => (
          <UserMenu
            user={user}
            bar={removeBar(user, users, viewer)}
            stays={disableBar(user, users, viewer)}
            onRemove={onRemove}
          />
        ),
      },
    ];
  }, [t, rows, self, role, onRemove]);
  return (
    <DataTable
      {...table}
      label={t("users.title")}
      name="users"
      columns={columns}
      rowId={({ id }) => id}
      rowData={({ email }) => ({ "data-user": email })}
      expected={2}
      find={(user) =>
        [user.display_name, user.email, t(`settings.roles.${user.role}`), t(stateOf(user))].join(" ")
      }
    />
  );
}
