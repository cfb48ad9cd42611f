import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import { PERMISSIONS, ROLES, roleMay } from "@/api/permissions";
import { Card } from "@/components/Card";
import { Table, Td, Th } from "@/components/Table";

/** What each role may do: the gateway's own table. */
export function RoleTable() {
  const { t } = useTranslation();
  return (
    <Card title={t("users.roles_title")}>
      <p className="px-3.5 pt-3 text-muted text-sm">{t("users.last_owner_rule")}</p>
      <Table label={t("users.roles_title")}>
        <thead>
          <tr>
            <Th>{t("users.permission")}</Th>
            {ROLES.map((role) => (
              <Th key={role} className="text-center">
                {t(`settings.roles.${role}`)}
              </Th>
            ))}
          </tr>
        </thead>
        <tbody className="sm:[&>tr:last-child>td]:border-b-0">
          {PERMISSIONS.map((permission) => (
            <tr key={permission}>
              <Td className="own-line">{t(`permission.${permission}`)}</Td>
              {ROLES.map((role) => (
                <Td key={role} className="text-center text-xs max-sm:has-[[data-not]]:hidden">
                  {roleMay(role, permission) ? (
                    <span className="inline-flex items-center gap-1 text-good">
                      <Check size={15} aria-hidden />
                      <span className="sm:sr-only">{t(`settings.roles.${role}`)}</span>
                    </span>
                  ) : (
                    <span data-not className="text-muted">
                      <span aria-hidden>–</span>
                      <span className="sr-only">{t("users.may_not")}</span>
                    </span>
                  )}
                </Td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
