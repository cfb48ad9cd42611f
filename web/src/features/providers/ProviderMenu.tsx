import { Ellipsis } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Menu, MenuItem, MenuSeparator } from "@/components/Menu";
import { useSignOutAccount } from "@/hooks/useLogin";
import { useDenied } from "@/hooks/useMay";
import { useSaveProvider } from "@/hooks/useProviders";
import { usesSignIn } from "./kinds";

interface ProviderMenuProps {
  provider: Provider;
  onEdit: (name: string) => void;
  onRemove: () => void;
  onVerify: () => void;
  onError: (error: unknown) => void;
}

export function ProviderMenu({ provider, onEdit, onRemove, onVerify, onError }: ProviderMenuProps) {
  const { t } = useTranslation();
  const signOut = useSignOutAccount();
  const { update } = useSaveProvider();
  const denied = useDenied("manage_providers");
  const signedIn = provider.account !== null && provider.status.state !== "signed_out";
  const toggle = () => {
    const body = { enabled: !provider.enabled };
    update.mutate({ id: provider.id, body }, { onError, onSuccess: () => onError(null) });
  };
  const label = t("providers.actions_for", { name: provider.name });
  if (denied !== undefined) {
    return (
      <Button look="quiet" size="icon" denied={denied} aria-label={label}>
        <Ellipsis size={16} aria-hidden />
      </Button>
    );
  }
  return (
    <Menu
      trigger={
        <Button look="quiet" size="icon" busy={signOut.isPending || update.isPending} aria-label={label}>
          <Ellipsis size={16} aria-hidden />
        </Button>
      }
    >
      <MenuItem onSelect={onVerify}>{t("providers.verify")}</MenuItem>
      <MenuItem onSelect={() => onEdit(provider.name)}>{t("common.edit")}</MenuItem>
      <MenuItem onSelect={toggle}>{t(provider.enabled ? "providers.disable" : "providers.enable")}</MenuItem>
      <MenuSeparator />
      {usesSignIn(provider) && signedIn && (
        <MenuItem
          onSelect={() =>
            signOut.mutate({ provider: provider.name }, { onError, onSuccess: () => onError(null) })
          }
        >
          {t("providers.sign_out")}
        </MenuItem>
      )}
      <MenuItem danger onSelect={onRemove}>
        {t("providers.remove")}
      </MenuItem>
    </Menu>
  );
}
