import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { ErrorNotice } from "@/components/ErrorNotice";
import { RelativeTime } from "@/components/RelativeTime";
import { useDenied } from "@/hooks/useMay";
import { useReconnectMcpServer } from "@/hooks/useMcpServers";
import { ServerStateWord } from "./ServerStateWord";

interface ServerCardProps {
  server: McpServer;
  onEdit: () => void;
  onDelete: () => void;
}

/** How the server is reached; secrets are not part of it. */
function reachOf({ transport, command, args, url }: McpServer): string {
  return transport === "stdio" ? [command, ...(args ?? [])].filter(Boolean).join(" ") : (url ?? "");
}

/** One server: how it is, what it offers, and what can be done about it. */
export function ServerCard({ server, onEdit, onDelete }: ServerCardProps) {
  const { t } = useTranslation();
  const reconnect = useReconnectMcpServer();
  const denied = useDenied("manage_tools");
  const { name, status, tools } = server;
  const fromFile = server.managed_by === "file";
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          {name} <ServerStateWord state={status.state} />
          {status.since && (
            <span className="font-normal text-muted text-xs">
              <RelativeTime at={status.since} />
            </span>
          )}
        </span>
      }
      actions={fromFile && <span className="text-muted text-xs">{t("agents.from_file")}</span>}
    >
      <div data-server={name} className="flex flex-col gap-2 p-3.5">
        <p className="text-sm">
          <span className="text-muted">{t(`mcp.transport.${server.transport}`)}: </span>
          <code className="font-mono text-xs [overflow-wrap:anywhere]">{reachOf(server)}</code>
        </p>
        {status.error && (
          <p className="text-bad text-sm [overflow-wrap:anywhere]">
            {t("mcp.last_error", { error: status.error })}
          </p>
        )}
        {reconnect.isError && <ErrorNotice error={reconnect.error} />}
        {tools.length === 0 ? (
          <p className="text-muted text-sm">{t("mcp.no_tools")}</p>
        ) : (
          <details className="text-sm">
            <summary>{t("mcp.tool_count", { count: tools.length })}</summary>
            <dl className="mt-1 flex flex-col gap-1.5 pl-4">
              {tools.map((tool) => (
                <div key={tool.name}>
                  <dt className="font-mono text-xs">{tool.name}</dt>
                  <dd className="text-muted text-xs [overflow-wrap:anywhere]">{tool.description}</dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        <div className="flex flex-wrap justify-end gap-1">
          {server.enabled && (
            <Button
              size="sm"
              denied={denied}
              busy={reconnect.isPending}
              aria-label={t("mcp.reconnect_of", { name })}
              onClick={() => reconnect.mutate(server.id ?? name)}
            >
              {!reconnect.isPending && <RefreshCw size={13} aria-hidden />}
              {t("mcp.reconnect")}
            </Button>
          )}
          <Button size="sm" aria-label={t("mcp.edit_of", { name })} onClick={onEdit}>
            {t(fromFile || denied !== undefined ? "agents.view" : "common.edit")}
          </Button>
          {!fromFile && (
            <Button
              size="sm"
              look="quiet-danger"
              denied={denied}
              aria-label={t("mcp.delete_of", { name })}
              onClick={onDelete}
            >
              {t("common.delete")}
            </Button>
          )}
        </div>
      </div>
    </Card>
  );
}
