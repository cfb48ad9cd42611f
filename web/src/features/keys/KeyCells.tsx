import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { Emails } from "@/components/Email";
import { MenuItem, MenuSeparator } from "@/components/Menu";
import { RelativeTime } from "@/components/RelativeTime";
import { RowMenu } from "@/components/RowMenu";
import { Allowed } from "./Allowed";
import { KeyStateWord } from "./KeyStateWord";

export function KeyName({ apiKey: { name, prefix, owner } }: { apiKey: Key }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="font-medium [overflow-wrap:anywhere]">
        <Emails text={name} />
      </p>
      <p className="font-mono text-muted text-xs">{prefix}…</p>
      {owner && (
        <p className="text-muted text-xs [overflow-wrap:anywhere]">
          <Emails text={t("keys.owned_by", { name: owner.name })} />
        </p>
      )}
    </>
  );
}

export function KeyState({ apiKey: { state, expires_at } }: { apiKey: Key }) {
  const { t } = useTranslation();
  return (
    <>
      <KeyStateWord state={state} />
      {expires_at && state !== "revoked" && (
        <p className="text-muted text-xs">
          {t(state === "expired" ? "keys.expired_at" : "keys.expires_at")} <RelativeTime at={expires_at} />
        </p>
      )}
    </>
  );
}

export function KeyMay({ apiKey }: { apiKey: Key }) {
  const { t } = useTranslation();
  const { role, effective_role } = apiKey;
  return (
    <>
      <p className="whitespace-nowrap">{t(`settings.roles.${role}`)}</p>
      {effective_role !== role && (
        <p className="text-muted text-xs">
          {t("keys.role_of_owner", { role: t(`settings.roles.${effective_role}`) })}
        </p>
      )}
      <Allowed apiKey={apiKey} />
    </>
  );
}

interface KeyMenuProps {
  apiKey: Key;
  onEdit: (key: Key) => void;
  onRevoke: (key: Key) => void;
  onDelete: (key: Key) => void;
}

export function KeyMenu({ apiKey, onEdit, onRevoke, onDelete }: KeyMenuProps) {
  const { t } = useTranslation();
  return (
    <RowMenu name={apiKey.name}>
      <MenuItem onSelect={() => onEdit(apiKey)}>{t("common.edit")}</MenuItem>
      <MenuSeparator />
      {apiKey.state !== "revoked" && (
        <MenuItem danger onSelect={() => onRevoke(apiKey)}>
          {t("keys.revoke")}
        </MenuItem>
      )}
      <MenuItem danger onSelect={() => onDelete(apiKey)}>
        {t("common.delete")}
      </MenuItem>
    </RowMenu>
  );
}
