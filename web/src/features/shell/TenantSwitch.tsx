import { useTranslation } from "react-i18next";
import type { Session } from "@/api/types";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Select } from "@/components/inputs";
import { leave } from "@/hooks/leaving";
import { useSwitchTenant } from "@/hooks/useSession";

/** Which tenant is shown; nothing for who has only one. */
export function TenantSwitch({ session }: { session: Session }) {
  const { t } = useTranslation();
  const change = useSwitchTenant();
  const tenants = session.tenants ?? [];
  const known = tenants.some(({ id }) => id === session.tenant.id);
  const choices = known ? tenants : [session.tenant, ...tenants];
  if (choices.length < 2) return null;
  return (
    <div className="px-1">
      <Select
        aria-label={t("shell.tenant")}
        aria-busy={change.isPending}
        value={session.tenant.slug}
        onChange={({ target: { value } }) => leave(() => change.mutate(value))}
      >
        {choices.map(({ id, slug, name }) => (
          <option key={id} value={slug}>
            {name}
          </option>
        ))}
      </Select>
      {change.isError && <ErrorNotice error={change.error} className="mt-2" />}
    </div>
  );
}
