import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Conversation } from "@/api/loop";
import type { ExportFormat } from "@/api/sessions";
import { cx } from "@/components/cx";
import { MenuItem, MenuSeparator } from "@/components/Menu";
import { RelativeTime } from "@/components/RelativeTime";
import { RowMenu } from "@/components/RowMenu";
import { StatusWord } from "@/components/StatusWord";
import { useDenied } from "@/hooks/useMay";
import { Found } from "./Found";
import { titleOf } from "./transcript";

interface SessionRowProps {
  conversation: Conversation;
  q: string;
  open: boolean;
  onChoose: (() => void) | undefined;
  onRename: () => void;
  onDelete: () => void;
  onExport: (format: ExportFormat) => void;
}

export function SessionRow({
  conversation,
  q,
  open,
  onChoose,
  onRename,
  onDelete,
  onExport,
}: SessionRowProps) {
  const { t } = useTranslation();
  const denied = useDenied("use_models");
  const { id, agent_key, updated_at, running_run_id, snippet } = conversation;
  const title = titleOf(conversation);
  return (
    <li
      data-session={id}
      className={cx("flex items-start gap-1 rounded-md hover:bg-hover", open && "bg-accent-soft")}
    >
      <Link
        to="/chat"
        search={{ model: `agent:${agent_key}`, session: id, ...(q && { q }) }}
        aria-current={open ? "page" : undefined}
        onClick={onChoose}
        className="min-w-0 flex-1 rounded-md px-2 py-1.5 -outline-offset-2"
      >
        <span className={cx("block truncate", open && "font-medium")}>{title}</span>
        {snippet && <Found text={snippet} q={q} />}
        <span className="flex flex-wrap items-center gap-2 text-muted text-xs">
          <RelativeTime at={updated_at} />
          {running_run_id && <StatusWord tone="good">{t("sessions.running")}</StatusWord>}
        </span>
      </Link>
      <RowMenu name={title}>
        <MenuItem onSelect={() => onExport("markdown")}>{t("sessions.export_markdown")}</MenuItem>
        <MenuItem onSelect={() => onExport("json")}>{t("sessions.export_json")}</MenuItem>
        {denied === undefined && (
          <>
            <MenuSeparator />
            <MenuItem onSelect={onRename}>{t("sessions.rename")}</MenuItem>
            <MenuItem danger onSelect={onDelete}>
              {t("common.delete")}
            </MenuItem>
          </>
        )}
      </RowMenu>
    </li>
  );
}
