import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Invitation } from "@/api/access";
import { ROLES } from "@/api/permissions";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { type Column, DataTable, NONE, rowsOf, timeColumn } from "@/components/DataTable";
import { Emails } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useInvitations, useWithdrawInvitation } from "@/hooks/useInvitations";

/** Links that wait for their person. */
export function InvitationList() {
  const { t } = useTranslation();
  const invitations = useInvitations();
  const { mutate: withdraw, isPending, variables, error } = useWithdrawInvitation();
  const withdrawn = isPending ? variables : undefined;
  const columns = useMemo((): Column<Invitation>[] => {
    const forWhom = ({ kind, email, provider_name }: Invitation) =>
      kind === "connect"
        ? t("users.for_account", { name: provider_name ?? "" })
        : (email ?? t("users.anybody"));
    return [
      {
        id: "whom",
        header: t("users.for_whom"),
        narrow: "line",
        width: 18,
        className: "[overflow-wrap:anywhere]",
        sort: forWhom,
        cell: (it) => <Emails text={forWhom(it)} />,
      },
      {
        id: "role",
        header: t("settings.role"),
        largestFirst: true,
        sort: ({ role }) => role && ROLES.indexOf(role),
        cell: ({ role }) => (role ? t(`settings.roles.${role}`) : NONE),
      },
      timeColumn({ id: "created", header: t("common.created"), at: ({ created_at }) => created_at }),
      timeColumn({
        id: "expires",
        header: t("keys.expires"),
        largestFirst: false,
        at: ({ expires_at }) => expires_at,
        never: t("users.never"),
      }),
      {
        id: "actions",
        header: t("common.actions"),
        quiet: true,
        className: "text-right max-sm:ml-auto",
        cell: (it) => (
          <Button
            size="sm"
            busy={withdrawn === it.id}
            aria-label={t("users.withdraw_of", { name: forWhom(it) })}
            onClick={() => withdraw(it.id)}
          >
            {t("users.withdraw")}
          </Button>
        ),
      },
    ];
  }, [t, withdraw, withdrawn]);
  return (
    <Card title={t("users.open_invitations")}>
      {error && <ErrorNotice error={error} className="m-3" />}
      <DataTable
        {...rowsOf(invitations)}
        label={t("users.open_invitations")}
        columns={columns}
        rowId={({ id }) => id}
        expected={1}
        empty={<p className="p-3.5 text-muted text-sm">{t("users.no_invitations")}</p>}
      />
    </Card>
  );
}
