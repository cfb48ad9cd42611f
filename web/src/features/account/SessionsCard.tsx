import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { ErrorNotice } from "@/components/ErrorNotice";
import { useAccountSessions, useEndOtherSessions, useEndSession } from "@/hooks/useAccount";
import { SessionTable } from "./SessionTable";

/** Where one is signed in, and how to end it. */
export function SessionsCard() {
  const { t } = useTranslation();
  const sessions = useAccountSessions();
  const end = useEndSession();
  const endOthers = useEndOtherSessions();
  const others = (sessions.data ?? []).some(({ current }) => !current);
  return (
    <Card
      title={t("account.sessions")}
      actions={
        <Button size="sm" busy={endOthers.isPending} disabled={!others} onClick={() => endOthers.mutate()}>
          {t("account.end_others")}
        </Button>
      }
    >
      {(end.isError || endOthers.isError) && (
        <ErrorNotice error={end.error ?? endOthers.error} className="m-3" />
      )}
      <SessionTable
        {...rowsOf(sessions)}
        ending={end.isPending ? end.variables : undefined}
        onEnd={end.mutate}
      />
    </Card>
  );
}
