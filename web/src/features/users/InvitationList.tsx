import { useTranslation } from "react-i18next";
import type { Invitation } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { Email } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { useInvitations, useWithdrawInvitation } from "@/hooks/useInvitations";

/** Links that wait for their person. */
export function InvitationList() {
  const { t } = useTranslation();
  const invitations = useInvitations();
  const withdraw = useWithdrawInvitation();
  const forWhom = ({ kind, email, provider_name }: Invitation) =>
    kind === "connect"
      ? t("users.for_account", { name: provider_name ?? "" })
      : (email ?? t("users.anybody"));
  return (
    <Card title={t("users.open_invitations")}>
      {withdraw.isError && <ErrorNotice error={withdraw.error} className="m-3" />}
      <Loaded query={invitations} lines={2}>
        {(list) =>
          list.length === 0 ? (
            <p className="p-3.5 text-muted text-sm">{t("users.no_invitations")}</p>
          ) : (
            <ul>
              {list.map((invitation) => (
                <li
                  key={invitation.id}
                  className="flex flex-wrap items-center justify-between gap-2 border-line border-b px-3.5 py-2 last:border-b-0"
                >
                  <div className="min-w-0 text-sm">
                    <p className="[overflow-wrap:anywhere]">
                      {invitation.kind !== "connect" && invitation.email ? (
                        <Email address={invitation.email} />
                      ) : (
                        forWhom(invitation)
                      )}{" "}
                      {invitation.role && (
                        <span className="text-muted">{t(`settings.roles.${invitation.role}`)}</span>
                      )}
                    </p>
                    {invitation.expires_at && (
                      <p className="text-muted text-xs">
                        {t("users.link_expires")} <RelativeTime at={invitation.expires_at} />
                      </p>
                    )}
                  </div>
                  <Button
                    size="sm"
                    busy={withdraw.isPending && withdraw.variables === invitation.id}
                    aria-label={t("users.withdraw_of", { name: forWhom(invitation) })}
                    onClick={() => withdraw.mutate(invitation.id)}
                  >
                    {t("users.withdraw")}
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}
