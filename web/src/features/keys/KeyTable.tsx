import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Key } from "@/api/access";
import { ROLES } from "@/api/permissions";
import { type Column, DataTable, type Rows, timeColumn } from "@/components/DataTable";
import { KeyMay, KeyMenu, KeyName, KeyState } from "./KeyCells";
import { LimitBars } from "./LimitBars";
import { takenOf } from "./limits";

interface KeyTableProps extends Rows<Key> {
  onEdit: (key: Key) => void;
  onRevoke: (key: Key) => void;
  onDelete: (key: Key) => void;
}

/** How near the key is to the one of its limits that it reaches first. */
function nearest({ limits }: Key): number | null {
  return limits.length === 0 ? null : Math.max(...limits.map(takenOf));
}

export function KeyTable({ onEdit, onRevoke, onDelete, ...rows }: KeyTableProps) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): Column<Key>[] => [
      {
        id: "name",
        header: t("keys.name"),
        shown: "fixed",
        width: 13,
        narrow: "line",
        className: "align-top",
        sort: ({ name }) => name,
        cell: (key) => <KeyName apiKey={key} />,
      },
      {
        id: "state",
        header: t("keys.state_column"),
        shown: "fixed",
        className: "align-top",
        sort: ({ state }) => t(`keys.state.${state}`),
        cell: (key) => <KeyState apiKey={key} />,
      },
      {
        id: "may",
        header: t("keys.may"),
        width: 13,
        className: "align-top",
        sort: ({ role }) => ROLES.indexOf(role),
        cell: (key) => <KeyMay apiKey={key} />,
      },
      {
        id: "limits",
        header: t("keys.limits"),
        width: 14,
        narrow: "line",
        className: "min-w-52 align-top",
        largestFirst: true,
        sort: nearest,
        cell: ({ limits }) => <LimitBars limits={limits} />,
      },
      timeColumn({
        id: "used",
        header: t("keys.last_used"),
        width: 7.5,
        className: "align-top",
        at: ({ last_used_at }) => last_used_at,
        never: t("keys.never_used"),
      }),
      timeColumn({
        id: "created",
        header: t("common.created"),
        shown: "optional",
        className: "align-top",
        at: ({ created_at }) => created_at,
      }),
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 4,
        className: "text-right align-top max-sm:ml-auto",
        cell: (key) => <KeyMenu apiKey={key} onEdit={onEdit} onRevoke={onRevoke} onDelete={onDelete} />,
      },
    ],
    [t, onEdit, onRevoke, onDelete],
  );
  return (
    <DataTable
      {...rows}
      label={t("keys.title")}
      name="keys"
      columns={columns}
      rowId={({ id }) => id}
      rowData={({ name }) => ({ "data-key": name })}
      find={(key) =>
        [key.name, key.prefix, key.owner?.name, t(`settings.roles.${key.role}`), t(`keys.state.${key.state}`)]
          .concat(key.models ?? [], key.agents ?? [], key.providers ?? [])
          .join(" ")
      }
      onOpen={onEdit}
    />
  );
}
