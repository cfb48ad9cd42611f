import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { Button } from "@/components/Button";
import { Email } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Menu, MenuItem, MenuNote, MenuSeparator } from "@/components/Menu";
import { RelativeTime } from "@/components/RelativeTime";
import { StatusWord } from "@/components/StatusWord";
import { Td } from "@/components/Table";
import { useAccess } from "@/hooks/useMay";
import { useUpdateUser } from "@/hooks/useUsers";
import { RoleSelect } from "../access/RoleSelect";
import { disableBar, removeBar, roleBar } from "./rules";

/** How somebody signs in; a second factor only goes with a password. */
function wayOf({ has_password, has_totp }: User) {
  if (!has_password) return "users.elsewhere";
  return has_totp ? "users.two_factors" : "users.password";
}

interface UserRowProps {
  user: User;
  users: User[];
  /** Who looks; `null` with the gateway's token. */
  self: string | null;
  onRemove: () => void;
}

export function UserRow({ user, users, self, onRemove }: UserRowProps) {
  const { t } = useTranslation();
  const { role } = useAccess();
  const update = useUpdateUser();
  const viewer = { id: self, role };
  const bar = removeBar(user, users, viewer);
  const stays = disableBar(user, users, viewer);
  const fixed = roleBar(user, users, viewer);
  const { id, email, display_name, disabled, last_seen_at } = user;
  const name = display_name || email;
  return (
    <tr data-user={email}>
      <Td className="own-line">
        <p className="font-medium">
          {display_name || <Email address={email} />}{" "}
          {id === self && <span className="font-normal text-muted">{t("users.you")}</span>}
        </p>
        {display_name && (
          <p className="text-muted text-xs">
            <Email address={email} />
          </p>
        )}
        {update.isError && <ErrorNotice error={update.error} className="mt-1" />}
      </Td>
      <Td>
        <RoleSelect
          aria-label={t("users.role_of", { name })}
          title={fixed ? t(`users.bar.${fixed}`) : undefined}
          disabled={fixed !== null || update.isPending}
          value={user.role}
          onChange={(next) => update.mutate({ id, change: { role: next } })}
        />
        {fixed && <p className="mt-0.5 max-w-52 text-muted text-xs">{t(`users.bar.${fixed}`)}</p>}
      </Td>
      <Td>
        <StatusWord tone={disabled ? "idle" : "good"}>
          {t(disabled ? "users.disabled" : "users.active")}
        </StatusWord>
      </Td>
      <Td>{t(wayOf(user))}</Td>
      <Td>
        <span className="text-muted sm:hidden">{t("account.last_seen")} </span>
        {last_seen_at ? (
          <RelativeTime at={last_seen_at} />
        ) : (
          <span className="text-muted">{t("users.never")}</span>
        )}
      </Td>
      <Td className="text-right max-sm:ml-auto">
        {bar === null ? (
          <Menu
            trigger={
              <Button
                look="quiet"
                size="icon"
                busy={update.isPending}
                aria-label={t("users.actions_for", { name })}
              >
                {!update.isPending && <Ellipsis size={16} aria-hidden />}
              </Button>
            }
          >
            {stays === null ? (
              <MenuItem onSelect={() => update.mutate({ id, change: { disabled: !disabled } })}>
                {t(disabled ? "users.enable" : "users.disable")}
              </MenuItem>
            ) : (
              <MenuNote>{t(`users.bar.${stays}`)}</MenuNote>
            )}
            <MenuSeparator />
            <MenuItem danger onSelect={onRemove}>
              {t("users.remove")}
            </MenuItem>
          </Menu>
        ) : (
          <Button
            look="quiet"
            size="icon"
            denied={t(`users.bar.${bar}`)}
            aria-label={t("users.actions_for", { name })}
          >
            <Ellipsis size={16} aria-hidden />
          </Button>
        )}
      </Td>
    </tr>
  );
}
