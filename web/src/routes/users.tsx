import { getRouteApi } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { User } from "@/api/access";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { rowsOf } from "@/components/DataTable";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { NoAccess } from "@/features/access/NoAccess";
import { InvitationList } from "@/features/users/InvitationList";
import { InviteDialog } from "@/features/users/InviteDialog";
import { RemoveUserDialog } from "@/features/users/RemoveUserDialog";
import { RoleTable } from "@/features/users/RoleTable";
import { UserTable } from "@/features/users/UserTable";
import { useDenied } from "@/hooks/useMay";
import { useProviders } from "@/hooks/useProviders";
import { useSession } from "@/hooks/useSession";
import { useUsers } from "@/hooks/useUsers";
import type { UsersSearch } from "./search";

const route = getRouteApi("/settings/users");

export default function UsersRoute() {
  const { t } = useTranslation();
  const denied = useDenied("manage_members");
  return denied === undefined ? <UsersPage /> : <NoAccess title={t("users.title")} reason={denied} />;
}

function UsersPage() {
  const { t } = useTranslation();
  const { invite } = route.useSearch();
  const navigate = route.useNavigate();
  const { data: session } = useSession();
  const users = useUsers();
  const providers = useProviders();
  const [removing, setRemoving] = useState<User | null>(null);
  const go = (next: UsersSearch) => void navigate({ search: next, resetScroll: false });
  const inviteButton = (
    <Button look="primary" onClick={() => go({ invite: true })}>
      <Plus size={15} aria-hidden />
      {t("users.invite")}
    </Button>
  );
  return (
    <>
      <PageHeader title={t("users.title")} lead={t("users.lead")} actions={inviteButton} />
      <div className="flex flex-col gap-4">
        <Card>
          <UserTable
            {...rowsOf(users)}
            empty={
              <EmptyState title={t("users.empty_title")} action={inviteButton}>
                {t("users.empty")}
              </EmptyState>
            }
            self={session?.user?.id ?? null}
            onRemove={setRemoving}
          />
        </Card>
        <InvitationList />
        <RoleTable />
      </div>
      {invite && <InviteDialog providers={providers.data ?? []} onClose={() => go({})} />}
      {removing && <RemoveUserDialog user={removing} onClose={() => setRemoving(null)} />}
    </>
  );
}
