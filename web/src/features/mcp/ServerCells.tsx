import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { Button } from "@/components/Button";
import { MenuItem, MenuNote, MenuSeparator } from "@/components/Menu";
import { RelativeTime } from "@/components/RelativeTime";
import { RowButtons } from "@/components/RowButtons";
import { RowMenu } from "@/components/RowMenu";
import { useDenied } from "@/hooks/useMay";
import { useReconnectMcpServer } from "@/hooks/useMcpServers";
import { reachOf } from "./reach";
import { ServerStateWord } from "./ServerStateWord";

export function ServerName({ server }: { server: McpServer }) {
  const { t } = useTranslation();
  return (
    <>
      <p className="font-medium">
        {server.name}
        {server.managed_by === "file" && (
          <span className="font-normal text-muted text-xs"> · {t("agents.from_file")}</span>
        )}
      </p>
      <p className="font-mono text-muted text-xs [overflow-wrap:anywhere]">{reachOf(server)}</p>
    </>
  );
}

export function ServerState({ server: { status } }: { server: McpServer }) {
  const { t } = useTranslation();
  return (
    <>
      <ServerStateWord state={status.state} />{" "}
      {status.since && (
        <span className="text-muted text-xs">
          <RelativeTime at={status.since} />
        </span>
      )}
      {status.error && (
        <p className="mt-0.5 text-bad text-xs [overflow-wrap:anywhere]">
          {t("mcp.last_error", { error: status.error })}
        </p>
      )}
    </>
  );
}

/** What the server offers, each with what it says of itself. */
export function ServerTools({ server: { tools } }: { server: McpServer }) {
  const { t } = useTranslation();
  if (tools.length === 0) return <p className="text-muted text-sm">{t("mcp.no_tools")}</p>;
  return (
    <dl className="flex flex-col gap-1.5">
      {tools.map((tool) => (
        <div key={tool.name}>
          <dt className="font-mono text-xs">{tool.name}</dt>
          <dd className="text-muted text-xs [overflow-wrap:anywhere]">{tool.description}</dd>
        </div>
      ))}
    </dl>
  );
}

interface ServerButtonsProps {
  server: McpServer;
  onEdit: (server: McpServer) => void;
  onDelete: (server: McpServer) => void;
  onError: (error: unknown) => void;
}

export function ServerButtons({ server, onEdit, onDelete, onError }: ServerButtonsProps) {
  const { t } = useTranslation();
  const reconnect = useReconnectMcpServer();
  const denied = useDenied("manage_tools");
  const { id, name, enabled } = server;
  const fromFile = server.managed_by === "file";
  const connect = () => reconnect.mutate(id ?? name, { onError, onSuccess: () => onError(null) });
  return (
    <RowButtons>
      {enabled && (
        <Button
          size="sm"
          denied={denied}
          busy={reconnect.isPending}
          aria-label={t("mcp.reconnect_of", { name })}
          onClick={connect}
        >
          {!reconnect.isPending && <RefreshCw size={13} aria-hidden />}
          {t("mcp.reconnect")}
        </Button>
      )}
      <RowMenu name={name}>
        <MenuItem onSelect={() => onEdit(server)}>
          {t(fromFile || denied !== undefined ? "agents.view" : "common.edit")}
        </MenuItem>
        <MenuSeparator />
        {fromFile || denied !== undefined ? (
          <MenuNote>{fromFile ? t("mcp.read_only") : denied}</MenuNote>
        ) : (
          <MenuItem danger onSelect={() => onDelete(server)}>
            {t("common.delete")}
          </MenuItem>
        )}
      </RowMenu>
    </RowButtons>
  );
}
