import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { CreatedKey, Key } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { Dialog } from "@/components/Dialog";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { NoAccess } from "@/features/access/NoAccess";
import { modelNames } from "@/features/agents/modelChoices";
import { KeyCreated } from "@/features/keys/KeyCreated";
import { DeleteKeyDialog, RevokeKeyDialog } from "@/features/keys/KeyDialogs";
import { KeyForm } from "@/features/keys/KeyForm";
import { KeyTable } from "@/features/keys/KeyTable";
import { exampleModel } from "@/features/overview/snippetText";
import { useAgents } from "@/hooks/useAgents";
import { useApiKeys } from "@/hooks/useApiKeys";
import { useDenied } from "@/hooks/useMay";
import { useModels } from "@/hooks/useModels";
import { useOverview } from "@/hooks/useOverview";
import { useProviders } from "@/hooks/useProviders";
import type { KeysSearch } from "./search";

const route = getRouteApi("/settings/keys");

export default function KeysRoute() {
  const { t } = useTranslation();
  const denied = useDenied("manage_keys");
  return denied === undefined ? <KeysPage /> : <NoAccess title={t("keys.title")} reason={denied} />;
}

function KeysPage() {
  const { t } = useTranslation();
  const { edit } = route.useSearch();
  const navigate = route.useNavigate();
  const apiKeys = useApiKeys();
  const [created, setCreated] = useState<CreatedKey | null>(null);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const [deleting, setDeleting] = useState<Key | null>(null);
  const go = (next: KeysSearch) => void navigate({ search: next, resetScroll: false });
  const close = () => {
    // The key is gone from the page with its window.
    setCreated(null);
    go({});
  };
  const edited = apiKeys.data?.find(({ id }) => id === edit) ?? null;
  const createButton = (
    <Button look="primary" onClick={() => go({ edit: "new" })}>
      <Plus size={15} aria-hidden />
      {t("keys.create")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("keys.title")} lead={t("keys.lead")} actions={createButton} />
      <Card>
        <KeyTable
          {...rowsOf(apiKeys)}
          empty={
            <EmptyState title={t("keys.empty_title")} action={createButton}>
              {t("keys.empty")}
            </EmptyState>
          }
          onEdit={({ id }) => go({ edit: id })}
          onRevoke={setRevoking}
          onDelete={setDeleting}
        />
      </Card>
      {(edit === "new" || edited) && (
        <KeyDialog apiKey={edited} created={created} onCreated={setCreated} onClose={close} />
      )}
      {revoking && <RevokeKeyDialog apiKey={revoking} onClose={() => setRevoking(null)} />}
      {deleting && <DeleteKeyDialog apiKey={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

interface KeyDialogProps {
  apiKey: Key | null;
  created: CreatedKey | null;
  onCreated: (key: CreatedKey) => void;
  onClose: () => void;
}

function KeyDialog({ apiKey, created, onCreated, onClose }: KeyDialogProps) {
  const { t } = useTranslation();
  const models = useModels();
  const agents = useAgents();
  const providers = useProviders();
  const overview = useOverview();
  const known = {
    models: modelNames(undefined, models.data),
    agents: (agents.data ?? []).map(({ agent_key }) => agent_key),
    providers: (providers.data ?? []).map(({ name }) => name),
  };
  const title = created
    ? t("keys.created", { name: created.name })
    : apiKey
      ? t("keys.edit_of", { name: apiKey.name })
      : t("keys.create");
  return (
    <Dialog onClose={onClose} wide title={title}>
      {created ? (
        <KeyCreated
          created={created}
          baseUrl={overview.data?.base_url ?? `${window.location.origin}/v1`}
          example={exampleModel(models.data)}
          onClose={onClose}
        />
      ) : (
        <KeyForm apiKey={apiKey} known={known} onCreated={onCreated} onClose={onClose} />
      )}
    </Dialog>
  );
}
