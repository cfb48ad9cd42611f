import { createContext, use } from "react";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/api/access";
import { type Access, accessAs, LEAST } from "@/api/permissions";

/** What who is signed in may do; the shell sets it. */
export const AccessContext = createContext<Access>(accessAs("viewer"));

export function useAccess(): Access {
  return use(AccessContext);
}

/** Why this may not be done, in words; `undefined` when it may. */
export function useDenied(permission: Permission): string | undefined {
  const { t } = useTranslation();
  const { role, permissions } = use(AccessContext);
  if (permissions.has(permission)) return undefined;
  const name = t(`settings.roles.${role}`);
  switch (LEAST[permission]) {
    case "owner":
      return t("access.owner_only", { role: name });
    case "admin":
      return t("access.admin_only", { role: name });
    default:
      return t("access.denied", { role: name });
  }
}
