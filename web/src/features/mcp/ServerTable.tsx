import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { type Column, DataTable, type Rows, timeColumn } from "@/components/DataTable";
import { ErrorNotice } from "@/components/ErrorNotice";
import { reachOf } from "./reach";
import { ServerButtons, ServerName, ServerState, ServerTools } from "./ServerCells";

interface ServerTableProps extends Rows<McpServer> {
  onEdit: (server: McpServer) => void;
  onDelete: (server: McpServer) => void;
}

export function ServerTable({ onEdit, onDelete, ...rows }: ServerTableProps) {
  const { t } = useTranslation();
  const [error, setError] = useState<unknown>(null);
  const columns = useMemo((): Column<McpServer>[] => {
    const stateOf = ({ status }: McpServer) => t(`mcp.state.${status.state}`);
    const transportOf = ({ transport }: McpServer) => t(`mcp.transport.${transport}`);
    return [
      {
        id: "server",
        header: t("mcp.server"),
        shown: "fixed",
        width: 18,
        narrow: "line",
        className: "sm:min-w-52",
        sort: ({ name }) => name,
        cell: (server) => <ServerName server={server} />,
      },
      {
        id: "state",
        header: t("keys.state_column"),
        shown: "fixed",
        width: 16,
        narrow: "line",
        sort: stateOf,
        cell: (server) => <ServerState server={server} />,
      },
      {
        id: "transport",
        header: t("mcp.transport_label"),
        shown: "optional",
        width: 14,
        sort: transportOf,
        cell: transportOf,
      },
      {
        id: "tools",
        header: t("mcp.tools"),
        width: 6,
        className: "tabular whitespace-nowrap",
        largestFirst: true,
        sort: ({ tools }) => tools.length,
        cell: ({ tools }) => t("mcp.tool_count", { count: tools.length }),
      },
      timeColumn({
        id: "created",
        header: t("common.created"),
        shown: "optional",
        at: ({ created_at }) => created_at,
      }),
      {
        id: "actions",
        header: t("common.actions"),
        shown: "fixed",
        quiet: true,
        width: 13,
        narrow: "line",
        cell: (server) => (
          <ServerButtons server={server} onEdit={onEdit} onDelete={onDelete} onError={setError} />
        ),
      },
    ];
  }, [t, onEdit, onDelete]);
  return (
    <>
      {error != null && <ErrorNotice error={error} className="m-3" />}
      <DataTable
        {...rows}
        label={t("mcp.title")}
        name="mcp"
        columns={columns}
        rowId={({ name }) => name}
        rowData={({ name }) => ({ "data-server": name })}
        expected={2}
        find={(server) =>
          [server.name, reachOf(server), t(`mcp.state.${server.status.state}`)]
            .concat(server.tools.map(({ name }) => name))
            .join(" ")
        }
        onOpen={onEdit}
        details={{
          label: ({ name }) => t("mcp.tools_of", { name }),
          render: (server) => <ServerTools server={server} />,
        }}
      />
    </>
  );
}
