import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Email } from "@/components/Email";
import { Td } from "@/components/Table";
import { useDenied } from "@/hooks/useMay";
import { useReleaseProvider, useVerifyProvider } from "@/hooks/useProviders";
import { usesSignIn } from "./kinds";
import { ProviderMenu } from "./ProviderMenu";
import { ProviderStatusWord } from "./ProviderStatusWord";
import type { ProviderActions } from "./ProviderTable";
import { VerifyLine } from "./VerifyLine";

interface ProviderRowProps extends ProviderActions {
  provider: Provider;
  onRemove: () => void;
  onModels: () => void;
  onError: (error: unknown) => void;
}

const HELD = new Set(["cooling_down", "exhausted"]);
const ASKS_FOR_SIGN_IN = new Set(["needs_reauth", "signed_out"]);

export function ProviderRow({ provider, onModels, ...actions }: ProviderRowProps) {
  const { t } = useTranslation();
  const verify = useVerifyProvider();
  const release = useReleaseProvider();
  const denied = useDenied("manage_providers");
  const held = HELD.has(provider.status.state) || provider.status.model_blocks.length > 0;
  const urgent = usesSignIn(provider) && ASKS_FOR_SIGN_IN.has(provider.status.state);
  return (
    <tr data-provider={provider.name}>
      <Td className="own-line sm:py-2.5">
        <p className="font-medium text-base">{provider.display_name || provider.name}</p>
        <p className="text-muted [overflow-wrap:anywhere]">
          {provider.account?.email ? (
            <Email address={provider.account.email} />
          ) : (
            (provider.api_base ?? provider.provider_type)
          )}
          {provider.display_name && <span className="font-mono text-xs"> · {provider.name}</span>}
        </p>
        <VerifyLine verify={verify} />
      </Td>
      <Td className="own-line">
        <ProviderStatusWord status={provider.status} />
      </Td>
      <Td className="whitespace-nowrap">
        {provider.account?.plan_type ?? <span className="text-muted">–</span>}
      </Td>
      <Td className="tabular whitespace-nowrap">
        {provider.model_count > 0 ? (
          <button
            type="button"
            onClick={onModels}
            className="underline decoration-line underline-offset-3 hover:decoration-current"
          >
            {t("providers.model_count", { count: provider.model_count })}
          </button>
        ) : (
          <span className="text-muted">{t("providers.model_count", { count: 0 })}</span>
        )}
      </Td>
      <Td className="own-line">
        <div className="flex items-center gap-1 pt-1 sm:justify-end sm:pt-0">
          {held && (
            <Button
              size="sm"
              look="primary"
              denied={denied}
              busy={release.isPending}
              aria-label={t("providers.release_of", { name: provider.name })}
              onClick={() =>
                release.mutate(provider.id, {
                  onError: actions.onError,
                  onSuccess: () => actions.onError(null),
                })
              }
            >
              {t("providers.release")}
            </Button>
          )}
          {usesSignIn(provider) && (
            <Button
              size="sm"
              look={urgent ? "primary" : "plain"}
              denied={denied}
              onClick={() => actions.onConnect(provider.name)}
            >
              {t(provider.account ? "providers.reconnect" : "providers.sign_in")}
            </Button>
          )}
          <ProviderMenu provider={provider} {...actions} onVerify={() => verify.mutate(provider.id)} />
        </div>
      </Td>
    </tr>
  );
}
