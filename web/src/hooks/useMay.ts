import { createContext, use } from "react";
import { useTranslation } from "react-i18next";
import { type Permission, roleMay } from "@/api/access";
import type { Role } from "@/api/types";

/** The role of who is signed in; the shell sets it. */
export const RoleContext = createContext<Role>("viewer");

/** Why the role may not do this, in words; `undefined` when it may. */
export function useDenied(permission: Permission): string | undefined {
  const { t } = useTranslation();
  const role = use(RoleContext);
  if (roleMay(role, permission)) return undefined;
  const name = t(`settings.roles.${role}`);
  return permission === "manage_tools" && role !== "viewer"
    ? t("access.admin_only", { role: name })
    : t("access.denied", { role: name });
}
