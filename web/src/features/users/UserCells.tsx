import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { Email } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { MenuItem, MenuNote, MenuSeparator } from "@/components/Menu";
import { RowMenu } from "@/components/RowMenu";
import { useUpdateUser, useUserUpdate } from "@/hooks/useUsers";
import { RoleSelect } from "../access/RoleSelect";
import type { Bar } from "./rules";

export const nameOf = ({ display_name, email }: User): string => display_name || email;

export function Person({ user, self }: { user: User; self: boolean }) {
  const { t } = useTranslation();
  const update = useUserUpdate(user.id);
  const { email, display_name } = user;
  return (
    <>
      <p className="font-medium [overflow-wrap:anywhere]">
        {display_name || <Email address={email} />}{" "}
        {self && <span className="font-normal text-muted">{t("users.you")}</span>}
      </p>
      {display_name && (
        <p className="text-muted text-xs [overflow-wrap:anywhere]">
          <Email address={email} />
        </p>
      )}
      {update?.status === "error" && <ErrorNotice error={update.error} className="mt-1" />}
    </>
  );
}

/** Their role, to be changed; or why it stays. */
export function UserRole({ user, bar }: { user: User; bar: Bar | null }) {
  const { t } = useTranslation();
  const update = useUpdateUser();
  const { id, role } = user;
  const why = bar === null ? undefined : t(`users.bar.${bar}`);
  return (
    <>
      <RoleSelect
        aria-label={t("users.role_of", { name: nameOf(user) })}
        title={why}
        disabled={bar !== null || update.isPending}
        value={role}
        onChange={(next) => update.mutate({ id, change: { role: next } })}
      />
      {why && <p className="mt-0.5 max-w-52 text-muted text-xs">{why}</p>}
    </>
  );
}

interface UserMenuProps {
  user: User;
  /** What keeps the viewer from removing them, and from disabling them. */
  bar: Bar | null;
  stays: Bar | null;
  onRemove: (user: User) => void;
}

export function UserMenu({ user, bar, stays, onRemove }: UserMenuProps) {
  const { t } = useTranslation();
  const update = useUpdateUser();
  const { id, disabled } = user;
  return (
    <RowMenu
      name={nameOf(user)}
      denied={bar === null ? undefined : t(`users.bar.${bar}`)}
      busy={update.isPending}
    >
      {stays === null ? (
        <MenuItem onSelect={() => update.mutate({ id, change: { disabled: !disabled } })}>
          {t(disabled ? "users.enable" : "users.disable")}
        </MenuItem>
      ) : (
        <MenuNote>{t(`users.bar.${stays}`)}</MenuNote>
      )}
      <MenuSeparator />
      <MenuItem danger onSelect={() => onRemove(user)}>
        {t("users.remove")}
      </MenuItem>
    </RowMenu>
  );
}
