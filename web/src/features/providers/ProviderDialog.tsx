import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { Loaded } from "@/components/Loaded";
import { useProviderTypes } from "@/hooks/useProviders";
import { usesSignIn } from "./kinds";
import { ProviderForm } from "./ProviderForm";

interface ProviderDialogProps {
  /** `null` makes a new one. */
  provider: Provider | null;
  taken: Provider[];
  onClose: () => void;
}

export function ProviderDialog({ provider, taken, onClose }: ProviderDialogProps) {
  const { t } = useTranslation();
  const types = useProviderTypes();
  const title = provider
    ? t("provider_form.edit_title", { name: provider.name })
    : t("provider_form.new_title");
  const lead = provider ? undefined : t("provider_form.lead");
  return (
    <Dialog onClose={onClose} title={title} lead={lead}>
      <Loaded query={types}>
        {(list) => (
          <ProviderForm
            provider={provider}
            types={list.filter((type) => !usesSignIn({ provider_type: type.type }))}
            taken={taken.map(({ name }) => name)}
            onClose={onClose}
          />
        )}
      </Loaded>
    </Dialog>
  );
}
