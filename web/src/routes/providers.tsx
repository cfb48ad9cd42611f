import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { PageHeader } from "@/components/PageHeader";
import { ReadOnlyNotice } from "@/components/ReadOnlyNotice";
import { ConnectDialog } from "@/features/connect/ConnectDialog";
import { NoProviders } from "@/features/providers/NoProviders";
import { ProviderDialog } from "@/features/providers/ProviderDialog";
import { ProviderTable } from "@/features/providers/ProviderTable";
import { TermsNotice } from "@/features/providers/TermsNotice";
import { useDenied } from "@/hooks/useMay";
import { useProviders } from "@/hooks/useProviders";
import type { ProvidersSearch } from "./search";

const route = getRouteApi("/providers");

export default function ProvidersPage() {
  const { t } = useTranslation();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const providers = useProviders();
  const denied = useDenied("manage_providers");
  const go = (next: ProvidersSearch) => void navigate({ search: next, resetScroll: false });
  const close = () => go({});
  const connect = () => go({ connect: "new" });
  const edited = providers.data?.find(({ name }) => name === search.edit);
  return (
    <>
      <PageHeader
        title={t("providers.title")}
        lead={t("providers.lead")}
        actions={
          <>
            <Button denied={denied} onClick={() => go({ edit: "new" })}>
              {t("providers.add")}
            </Button>
            <Button look="primary" denied={denied} onClick={connect}>
              <Plus size={15} aria-hidden />
              {t("providers.connect")}
            </Button>
          </>
        }
      />
      <ReadOnlyNotice reason={denied} />
      <TermsNotice />
      <Card>
        <ProviderTable
          {...rowsOf(providers)}
          empty={<NoProviders onConnect={connect} />}
          onConnect={(name) => go({ connect: name })}
          onEdit={(name) => go({ edit: name })}
        />
      </Card>
      {search.connect !== undefined && providers.data && denied === undefined && (
        <ConnectDialog
          providers={providers.data}
          target={search.connect}
          way={search.way ?? "browser"}
          onChange={(next) => void navigate({ search: next, resetScroll: false, replace: true })}
          onClose={close}
        />
      )}
      {search.edit !== undefined && denied === undefined && (search.edit === "new" || edited) && (
        <ProviderDialog provider={edited ?? null} taken={providers.data ?? []} onClose={close} />
      )}
    </>
  );
}
