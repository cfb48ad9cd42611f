import { Check } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/api/access";
import { PERMISSIONS, ROLES, roleMay } from "@/api/permissions";
import { Card } from "@/components/Card";
import { type Column, DataTable } from "@/components/DataTable";

function May({ role, may }: { role: string; may: boolean }) {
  const { t } = useTranslation();
  return may ? (
    <span className="inline-flex items-center gap-1 text-good">
      <Check size={15} aria-hidden />
      <span className="sm:sr-only">{role}</span>
    </span>
  ) : (
    <span data-none className="text-muted">
      <span aria-hidden>–</span>
      <span className="sr-only">{t("users.may_not")}</span>
    </span>
  );
}

/** What each role may do: the gateway's own table. */
export function RoleTable() {
  const { t } = useTranslation();
  const columns = useMemo(
    (): Column<Permission>[] => [
      {
        id: "permission",
        header: t("users.permission"),
        narrow: "line",
        cell: (permission) => t(`permission.${permission}`),
      },
      ...ROLES.map(
        (role): Column<Permission> => ({
          id: role,
          header: t(`settings.roles.${role}`),
          className: "text-xs",
          cell: (permission) => <May role={t(`settings.roles.${role}`)} may={roleMay(role, permission)} />,
        }),
      ),
    ],
    [t],
  );
  return (
    <Card title={t("users.roles_title")}>
      <p className="px-3.5 pt-3 text-muted text-sm">{t("users.last_owner_rule")}</p>
      <DataTable
        label={t("users.roles_title")}
        columns={columns}
        rows={PERMISSIONS}
        rowId={(permission) => permission}
      />
    </Card>
  );
}
