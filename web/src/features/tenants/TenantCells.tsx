import { useTranslation } from "react-i18next";
import type { TenantDetails } from "@/api/access";
import { Button } from "@/components/Button";
import { MenuItem, MenuNote, MenuSeparator } from "@/components/Menu";
import { RowButtons } from "@/components/RowButtons";
import { RowMenu } from "@/components/RowMenu";
import { StatusWord } from "@/components/StatusWord";
import { useSwitchTenant } from "@/hooks/useSession";
import { MASTER } from "./master";

interface TenantCellProps {
  tenant: TenantDetails;
  /** It is the one that is shown at the moment. */
  current: boolean;
}

export function TenantName({ tenant: { name, slug }, current }: TenantCellProps) {
  const { t } = useTranslation();
  return (
    <>
      <p className="font-medium [overflow-wrap:anywhere]">
        {name} {current && <StatusWord tone="good">{t("tenants.shown")}</StatusWord>}
      </p>
      <p className="font-mono text-muted text-xs">{slug}</p>
    </>
  );
}

interface TenantButtonsProps extends TenantCellProps {
  onEdit: (tenant: TenantDetails) => void;
  onDelete: (tenant: TenantDetails) => void;
  onError: (error: unknown) => void;
}

export function TenantButtons({ tenant, current, onEdit, onDelete, onError }: TenantButtonsProps) {
  const { t } = useTranslation();
  const change = useSwitchTenant();
  const { name, slug } = tenant;
  return (
    <RowButtons>
      {!current && (
        <Button
          size="sm"
          busy={change.isPending}
          aria-label={t("tenants.switch_to", { name })}
          onClick={() => change.mutate(slug, { onError, onSuccess: () => onError(null) })}
        >
          {t("tenants.switch")}
        </Button>
      )}
      <RowMenu name={name}>
        <MenuItem onSelect={() => onEdit(tenant)}>{t("common.edit")}</MenuItem>
        <MenuSeparator />
        {slug === MASTER ? (
          <MenuNote>{t("tenants.master_stays")}</MenuNote>
        ) : (
          <MenuItem danger onSelect={() => onDelete(tenant)}>
            {t("common.delete")}
          </MenuItem>
        )}
      </RowMenu>
    </RowButtons>
  );
}
