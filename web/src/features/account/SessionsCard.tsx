import { useTranslation } from "react-i18next";
import type { AccountSession } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Loaded } from "@/components/Loaded";
import { RelativeTime } from "@/components/RelativeTime";
import { StatusWord } from "@/components/StatusWord";
import { Table, Td, Th } from "@/components/Table";
import { useAccountSessions, useEndOtherSessions, useEndSession } from "@/hooks/useAccount";
import { deviceOf } from "./device";

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
      <Loaded query={sessions} lines={3}>
        {(list) => (
          <Table label={t("account.sessions")}>
            <thead>
              <tr>
                <Th>{t("account.device")}</Th>
                <Th>{t("account.address")}</Th>
                <Th>{t("account.since")}</Th>
                <Th>{t("account.last_seen")}</Th>
                <Th>
                  <span className="sr-only">{t("common.actions")}</span>
                </Th>
              </tr>
            </thead>
            <tbody className="sm:[&>tr:last-child>td]:border-b-0">
              {list.map((session) => (
                <Row
                  key={session.id}
                  session={session}
                  busy={end.isPending && end.variables === session.id}
                  onEnd={() => end.mutate(session.id)}
                />
              ))}
            </tbody>
          </Table>
        )}
      </Loaded>
    </Card>
  );
}

interface RowProps {
  session: AccountSession;
  busy: boolean;
  onEnd: () => void;
}

function Row({ session, busy, onEnd }: RowProps) {
  const { t } = useTranslation();
  const device = deviceOf(session.user_agent) ?? t("account.unknown_device");
  return (
    <tr data-session={session.id}>
      <Td className="own-line">
        <span title={session.user_agent ?? undefined}>{device}</span>{" "}
        {session.current && <StatusWord tone="good">{t("account.this_one")}</StatusWord>}
      </Td>
      <Td className="font-mono text-xs">{session.address ?? "–"}</Td>
      <Td>
        <span className="text-muted sm:hidden">{t("account.since")} </span>
        <RelativeTime at={session.created_at} />
      </Td>
      <Td>
        <span className="text-muted sm:hidden">{t("account.last_seen")} </span>
        <RelativeTime at={session.last_seen_at} />
      </Td>
      <Td className="text-right">
        {!session.current && (
          <Button size="sm" busy={busy} aria-label={t("account.end_session_of", { device })} onClick={onEnd}>
            {t("account.end_session")}
          </Button>
        )}
      </Td>
    </tr>
  );
}
