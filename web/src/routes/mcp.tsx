import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { McpServer } from "@/api/loop";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { Dialog } from "@/components/Dialog";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { DeleteServerDialog } from "@/features/mcp/DeleteServerDialog";
import { ServerForm } from "@/features/mcp/ServerForm";
import { ServerTable } from "@/features/mcp/ServerTable";
import { useDenied } from "@/hooks/useMay";
import { useMcpServers } from "@/hooks/useMcpServers";
import type { McpSearch } from "./search";

const route = getRouteApi("/settings/mcp");

export default function McpPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const servers = useMcpServers();
  const denied = useDenied("manage_tools");
  const [deleting, setDeleting] = useState<McpServer | null>(null);
  const go = (next: McpSearch) => void navigate({ search: next, resetScroll: false });
  const edited = servers.data?.find(({ name }) => name === search.edit) ?? null;
  const adding = search.edit === "new" && denied === undefined;
  const addButton = (
    <Button look="primary" denied={denied} onClick={() => go({ edit: "new" })}>
      <Plus size={15} aria-hidden />
      {t("mcp.add")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("mcp.title")} lead={t("mcp.lead")} actions={addButton} />
      <ReadOnlyNotice reason={denied} />
      <Card>
        <ServerTable
          {...rowsOf(servers)}
          empty={
            <EmptyState title={t("mcp.empty_title")} action={addButton}>
              {t("mcp.empty")}
            </EmptyState>
          }
          onEdit={({ name }) => go({ edit: name })}
          onDelete={setDeleting}
        />
      </Card>
      {servers.data && (adding || edited) && (
        <Dialog
          onClose={() => go({})}
          title={edited ? t("mcp.edit_of", { name: edited.name }) : t("mcp.add")}
          lead={t("mcp.form_lead")}
        >
          <ServerForm server={edited} taken={servers.data.map(({ name }) => name)} onClose={() => go({})} />
        </Dialog>
      )}
      {deleting && <DeleteServerDialog server={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}
