import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { ActivityEntry } from "@/api/access";
import { type Column, DataTable, type DataTableProps, NONE, type Rows } from "@/components/DataTable";
import { Emails } from "@/components/Email";
import { RelativeTime } from "@/components/RelativeTime";
import { EntryDetails } from "./EntryDetails";

type EntryTableProps = Rows<ActivityEntry> & Pick<DataTableProps<ActivityEntry>, "more">;

/** The log as the gateway orders and filters it: not all of it is here to be sorted. */
export function EntryTable(rows: EntryTableProps) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): Column<ActivityEntry>[] => [
      {
        id: "time",
        header: t("requests.time"),
        shown: "fixed",
        width: 8,
        cell: ({ at }) => <RelativeTime at={at} />,
      },
      {
        id: "actor",
        header: t("activity.actor"),
        shown: "fixed",
        width: 14,
        className: "[overflow-wrap:anywhere]",
        cell: ({ actor }) => <Emails text={actor.name} />,
      },
      {
        id: "address",
        header: t("account.address"),
        width: 10,
        className: "font-mono text-xs [overflow-wrap:anywhere]",
        cell: ({ actor }) => actor.address ?? NONE,
      },
      {
        id: "action",
        header: t("activity.action"),
        shown: "fixed",
        width: 13,
        className: "whitespace-nowrap font-mono text-xs",
        cell: ({ action }) => action,
      },
      {
        id: "object",
        header: t("activity.object"),
        shown: "fixed",
        width: 18,
        className: "[overflow-wrap:anywhere]",
        cell: ({ object }) => (
          <>
            <span className="text-muted">{object.type}</span> <Emails text={object.name ?? object.id ?? ""} />
          </>
        ),
      },
      {
        id: "seq",
        header: t("activity.seq"),
        shown: "optional",
        align: "right",
        width: 6,
        narrow: "named",
        cell: ({ seq }) => seq,
      },
      {
        id: "request",
        header: t("requests.id"),
        shown: "optional",
        width: 20,
        narrow: "line",
        className: "font-mono text-xs [overflow-wrap:anywhere]",
        cell: ({ request_id }) => request_id ?? NONE,
      },
    ],
    [t],
  );
  return (
    <DataTable
      {...rows}
      label={t("activity.title")}
      name="activity"
      columns={columns}
      rowId={({ id }) => id}
      rowData={({ seq }) => ({ "data-entry": String(seq) })}
      expected={12}
      details={{
        label: ({ seq }) => t("activity.details_of", { seq }),
        render: (entry) => <EntryDetails entry={entry} />,
      }}
    />
  );
}
