import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { AccountSession } from "@/api/access";
import { Button } from "@/components/Button";
import { type Column, DataTable, NONE, type Rows, timeColumn } from "@/components/DataTable";
import { StatusWord } from "@/components/StatusWord";
import { deviceOf } from "./device";

interface SessionTableProps extends Rows<AccountSession> {
  /** The one that is being ended. */
  ending: string | undefined;
  onEnd: (id: string) => void;
}

export function SessionTable({ ending, onEnd, ...rows }: SessionTableProps) {
  const { t } = useTranslation();
  const columns = useMemo((): Column<AccountSession>[] => {
    const device = ({ user_agent }: AccountSession) => deviceOf(user_agent) ?? t("account.unknown_device");
    return [
      {
        id: "device",
        header: t("account.device"),
        narrow: "line",
        width: 14,
        sort: device,
        cell: (session) => (
          <>
            <span title={session.user_agent ?? undefined}>{device(session)}</span>{" "}
            {session.current && <StatusWord tone="good">{t("account.this_one")}</StatusWord>}
          </>
        ),
      },
      {
        id: "address",
        header: t("account.address"),
        className: "font-mono text-xs",
        sort: ({ address }) => address,
        cell: ({ address }) => address ?? NONE,
      },
      timeColumn({ id: "since", header: t("account.since"), at: ({ created_at }) => created_at }),
      timeColumn({ id: "seen", header: t("account.last_seen"), at: ({ last_seen_at }) => last_seen_at }),
      {
        id: "actions",
        header: t("common.actions"),
        quiet: true,
        width: 6,
        className: "text-right max-sm:ml-auto",
        cell: (session) =>
          !session.current && (
            <Button
              size="sm"
              busy={ending === session.id}
              aria-label={t("account.end_session_of", { device: device(session) })}
              onClick={() => onEnd(session.id)}
            >
              {t("account.end_session")}
            </Button>
          ),
      },
    ];
  }, [t, ending, onEnd]);
  return (
    <DataTable
      {...rows}
      label={t("account.sessions")}
      columns={columns}
      rowId={({ id }) => id}
      rowData={({ id }) => ({ "data-session": id })}
      expected={2}
    />
  );
}
