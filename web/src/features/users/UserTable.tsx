import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { Table, Th } from "@/components/Table";
import { UserRow } from "./UserRow";

interface UserTableProps {
  users: User[];
  self: string | null;
  onRemove: (user: User) => void;
}

export function UserTable({ users, self, onRemove }: UserTableProps) {
  const { t } = useTranslation();
  return (
    <Table label={t("users.title")}>
      <thead>
        <tr>
          <Th>{t("users.person")}</Th>
          <Th>{t("settings.role")}</Th>
          <Th>{t("users.state_column")}</Th>
          <Th>{t("users.signs_in")}</Th>
          <Th>{t("account.last_seen")}</Th>
          <Th>
            <span className="sr-only">{t("common.actions")}</span>
          </Th>
        </tr>
      </thead>
      <tbody className="sm:[&>tr:last-child>td]:border-b-0">
        {users.map((user) => (
          <UserRow key={user.id} user={user} users={users} self={self} onRemove={() => onRemove(user)} />
        ))}
      </tbody>
    </Table>
  );
}
