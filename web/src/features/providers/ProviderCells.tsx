import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Email } from "@/components/Email";
import { RowButtons } from "@/components/RowButtons";
import { useDenied } from "@/hooks/useMay";
import { useReleaseProvider, useVerification } from "@/hooks/useProviders";
import { usesSignIn } from "./kinds";
import { ProviderMenu, type ProviderMenuProps } from "./ProviderMenu";
import { VerifyLine } from "./VerifyLine";

export function ProviderName({ provider }: { provider: Provider }) {
  const check = useVerification(provider.id);
  return (
    <>
      <p className="font-medium text-base">{provider.display_name || provider.name}</p>
      <p className="text-muted [overflow-wrap:anywhere]">
        {provider.account?.email ? (
          <Email address={provider.account.email} />
        ) : (
          (provider.api_base ?? provider.provider_type)
        )}
        {provider.display_name && <span className="font-mono text-xs"> · {provider.name}</span>}
      </p>
      <VerifyLine check={check} />
    </>
  );
}

export function ModelCount({ provider, onOpen }: { provider: Provider; onOpen: () => void }) {
  const { t } = useTranslation();
  const words = t("providers.model_count", { count: provider.model_count });
  if (provider.model_count === 0) return <span className="text-muted">{words}</span>;
  return (
    <button
      type="button"
      onClick={onOpen}
      className="underline decoration-line underline-offset-3 hover:decoration-current"
    >
      {words}
    </button>
  );
}

const HELD = new Set(["cooling_down", "exhausted"]);
const ASKS_FOR_SIGN_IN = new Set(["needs_reauth", "signed_out"]);

interface ProviderButtonsProps extends ProviderMenuProps {
  onConnect: (name: string) => void;
}

/** What the provider asks for at once, and its menu. */
export function ProviderButtons({ onConnect, ...menu }: ProviderButtonsProps) {
  const { t } = useTranslation();
  const release = useReleaseProvider();
  const denied = useDenied("manage_providers");
  const { provider, onError } = menu;
  const { id, name, status, account } = provider;
  const held = HELD.has(status.state) || status.model_blocks.length > 0;
  return (
    <RowButtons>
      {held && (
        <Button
          size="sm"
          look="primary"
          denied={denied}
          busy={release.isPending}
          aria-label={t("providers.release_of", { name })}
          onClick={() => release.mutate(id, { onError, onSuccess: () => onError(null) })}
        >
          {t("providers.release")}
        </Button>
      )}
      {usesSignIn(provider) && (
        <Button
          size="sm"
          look={ASKS_FOR_SIGN_IN.has(status.state) ? "primary" : "plain"}
          denied={denied}
          onClick={() => onConnect(name)}
        >
          {t(account ? "providers.reconnect" : "providers.sign_in")}
        </Button>
      )}
      <ProviderMenu {...menu} />
    </RowButtons>
  );
}
