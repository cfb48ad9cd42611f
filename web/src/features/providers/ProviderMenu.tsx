import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { MenuItem, MenuSeparator } from "@/components/Menu";
import { RowMenu } from "@/components/RowMenu";
import { useSignOutAccount } from "@/hooks/useLogin";
import { useDenied } from "@/hooks/useMay";
import { useSaveProvider, useVerifyProvider } from "@/hooks/useProviders";
import { usesSignIn } from "./kinds";

export interface ProviderMenuProps {
  provider: Provider;
  onEdit: (name: string) => void;
  onRemove: (provider: Provider) => void;
  onError: (error: unknown) => void;
}

export function ProviderMenu({ provider, onEdit, onRemove, onError }: ProviderMenuProps) {
  const { t } = useTranslation();
  const signOut = useSignOutAccount();
  const verify = useVerifyProvider();
  const { update } = useSaveProvider();
  const denied = useDenied("manage_providers");
  const { id, name, enabled } = provider;
  const signedIn = provider.account !== null && provider.status.state !== "signed_out";
  const told = { onError, onSuccess: () => onError(null) };
  return (
    <RowMenu name={name} denied={denied} busy={signOut.isPending || update.isPending}>
      <MenuItem onSelect={() => verify.mutate(id)}>{t("providers.verify")}</MenuItem>
      <MenuItem onSelect={() => onEdit(name)}>{t("common.edit")}</MenuItem>
      <MenuItem onSelect={() => update.mutate({ id, body: { enabled: !enabled } }, told)}>
        {t(enabled ? "providers.disable" : "providers.enable")}
      </MenuItem>
      <MenuSeparator />
      {usesSignIn(provider) && signedIn && (
        <MenuItem onSelect={() => signOut.mutate({ provider: name }, told)}>
          {t("providers.sign_out")}
        </MenuItem>
      )}
      <MenuItem danger onSelect={() => onRemove(provider)}>
        {t("providers.remove")}
      </MenuItem>
    </RowMenu>
  );
}
