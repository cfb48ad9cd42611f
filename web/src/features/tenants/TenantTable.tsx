import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { RelativeTime } from "@/components/RelativeTime";
import { StatusWord } from "@/components/StatusWord";
import { Table, Td, Th } from "@/components/Table";
import { useSwitchTenant } from "@/hooks/useSession";
import { useFormat } from "@/i18n/format";
import { MASTER } from "./master";

interface TenantTableProps {
  tenants: TenantDetails[];
  /** The one that is shown at the moment. */
  current: string | undefined;
  onEdit: (tenant: TenantDetails) => void;
  onDelete: (tenant: TenantDetails) => void;
}

export function TenantTable({ tenants, current, onEdit, onDelete }: TenantTableProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const change = useSwitchTenant();
  const counted = tenants.some(({ members }) => members !== undefined);
  return (
    <>
      {change.isError && <ErrorNotice error={change.error} className="m-3" />}
      <Table label={t("tenants.title")}>
        <thead>
          <tr>
            <Th>{t("tenants.name")}</Th>
            {counted && <Th className="text-right">{t("tenants.members")}</Th>}
            <Th className="text-right">{t("providers.title")}</Th>
            <Th className="text-right">{t("agents.title")}</Th>
            <Th>{t("tenants.created")}</Th>
            <Th>
              <span className="sr-only">{t("common.actions")}</span>
            </Th>
          </tr>
        </thead>
        <tbody className="sm:[&>tr:last-child>td]:border-b-0">
          {tenants.map((tenant) => {
            const { id, slug, name } = tenant;
            return (
              <tr key={id} data-tenant={slug}>
                <Td className="own-line">
                  <p className="font-medium">
                    {name} {id === current && <StatusWord tone="good">{t("tenants.shown")}</StatusWord>}
                  </p>
                  <p className="font-mono text-muted text-xs">{slug}</p>
                </Td>
                {counted && (
                  <Td className="tabular text-right">
                    <span className="text-muted sm:hidden">{t("tenants.members")} </span>
                    {tenant.members === undefined ? "–" : format.whole(tenant.members)}
                  </Td>
                )}
                <Td className="tabular text-right">
                  <span className="text-muted sm:hidden">{t("providers.title")} </span>
                  {format.whole(tenant.providers)}
                </Td>
                <Td className="tabular text-right">
                  <span className="text-muted sm:hidden">{t("agents.title")} </span>
                  {format.whole(tenant.agents)}
                </Td>
                <Td>
                  <RelativeTime at={tenant.created_at} />
                </Td>
                <Td className="own-line">
                  <div className="flex flex-wrap justify-end gap-1">
                    {id !== current && (
                      <Button
                        size="sm"
                        busy={change.isPending && change.variables === slug}
                        aria-label={t("tenants.switch_to", { name })}
                        onClick={() => change.mutate(slug)}
                      >
                        {t("tenants.switch")}
                      </Button>
                    )}
                    <Button
                      size="sm"
                      aria-label={t("tenants.edit_of", { name })}
                      onClick={() => onEdit(tenant)}
                    >
                      {t("common.edit")}
                    </Button>
                    <Button
                      size="sm"
                      look="quiet-danger"
                      denied={slug === MASTER ? t("tenants.master_stays") : undefined}
                      aria-label={t("tenants.delete_of", { name })}
                      onClick={() => onDelete(tenant)}
                    >
                      {t("common.delete")}
                    </Button>
                  </div>
                </Td>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </>
  );
}
