import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { PageHeader } from "@/components/PageHeader";
import { NoAccess } from "@/features/access/NoAccess";
import { DeleteTenantDialog } from "@/features/tenants/DeleteTenantDialog";
import { TenantForm } from "@/features/tenants/TenantForm";
import { TenantTable } from "@/features/tenants/TenantTable";
import { useDenied } from "@/hooks/useMay";
import { useSession } from "@/hooks/useSession";
import { useTenants } from "@/hooks/useTenants";
import type { TenantsSearch } from "./search";

const route = getRouteApi("/settings/tenants");

export default function TenantsRoute() {
  const { t } = useTranslation();
  const denied = useDenied("manage_tenants");
  return denied === undefined ? <TenantsPage /> : <NoAccess title={t("tenants.title")} reason={denied} />;
}

function TenantsPage() {
  const { t } = useTranslation();
  const { edit } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: session } = useSession();
  const tenants = useTenants();
  const [deleting, setDeleting] = useState<TenantDetails | null>(null);
  const go = (next: TenantsSearch) => void navigate({ search: next, resetScroll: false });
  const edited = tenants.data?.find(({ slug }) => slug === edit) ?? null;
  return (
    <>
      <PageHeader
        title={t("tenants.title")}
        lead={t("tenants.lead")}
        actions={
          <Button look="primary" onClick={() => go({ edit: "new" })}>
            <Plus size={15} aria-hidden />
            {t("tenants.create")}
          </Button>
        }
      />
      <Card>
        <TenantTable
          {...rowsOf(tenants)}
          current={session?.tenant.id}
          onEdit={({ slug }) => go({ edit: slug })}
          onDelete={setDeleting}
        />
      </Card>
      {tenants.data && (edit === "new" || edited) && (
        <TenantForm
          key={edited?.id ?? "new"}
          tenant={edited}
          taken={tenants.data.map(({ slug }) => slug)}
          onClose={() => go({})}
        />
      )}
      {deleting && <DeleteTenantDialog tenant={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}
