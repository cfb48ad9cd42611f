import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { Button } from "@/components/Button";
import { Menu, MenuItem, MenuSeparator } from "@/components/Menu";
import { RelativeTime } from "@/components/RelativeTime";
import { Td } from "@/components/Table";
import { Allowed } from "./Allowed";
import { KeyStateWord } from "./KeyStateWord";
import { LimitBars } from "./LimitBars";

interface KeyRowProps {
  apiKey: Key;
  onEdit: () => void;
  onRevoke: () => void;
  onDelete: () => void;
}

export function KeyRow({ apiKey, onEdit, onRevoke, onDelete }: KeyRowProps) {
  const { t } = useTranslation();
  const { name, prefix, role, effective_role, owner, state, last_used_at, expires_at } = apiKey;
  return (
    <tr data-key={name}>
      <Td className="own-line align-top">
        <p className="font-medium">{name}</p>
        <p className="font-mono text-muted text-xs">{prefix}…</p>
        {owner && <p className="text-muted text-xs">{t("keys.owned_by", { name: owner.name })}</p>}
      </Td>
      <Td className="align-top">
        <KeyStateWord state={state} />
        {expires_at && state !== "revoked" && (
          <p className="text-muted text-xs">
            {t(state === "expired" ? "keys.expired_at" : "keys.expires_at")} <RelativeTime at={expires_at} />
          </p>
        )}
      </Td>
      <Td className="align-top">
        <p className="whitespace-nowrap">{t(`settings.roles.${role}`)}</p>
        {effective_role !== role && (
          <p className="text-muted text-xs">
            {t("keys.role_of_owner", { role: t(`settings.roles.${effective_role}`) })}
          </p>
        )}
        <Allowed apiKey={apiKey} />
      </Td>
      <Td className="own-line min-w-52 align-top">
        <LimitBars limits={apiKey.limits} />
      </Td>
      <Td className="align-top">
        <span className="text-muted sm:hidden">{t("keys.last_used")} </span>
        {last_used_at ? (
          <RelativeTime at={last_used_at} />
        ) : (
          <span className="text-muted">{t("keys.never_used")}</span>
        )}
      </Td>
      <Td className="text-right align-top max-sm:ml-auto">
        <Menu
          trigger={
            <Button look="quiet" size="icon" aria-label={t("keys.actions_for", { name })}>
              <Ellipsis size={16} aria-hidden />
            </Button>
          }
        >
          <MenuItem onSelect={onEdit}>{t("common.edit")}</MenuItem>
          <MenuSeparator />
          {state !== "revoked" && (
            <MenuItem danger onSelect={onRevoke}>
              {t("keys.revoke")}
            </MenuItem>
          )}
          <MenuItem danger onSelect={onDelete}>
            {t("common.delete")}
          </MenuItem>
        </Menu>
      </Td>
    </tr>
  );
}
