import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { useFault } from "@/features/errors/useFault";
import { ModelBlocks } from "./ModelBlocks";
import { ProviderStateWord } from "./ProviderStateWord";

/** The account's state as a word, why, and until when; and models that it does not serve. */
export function ProviderStatusWord({ status }: Pick<Provider, "status">) {
  const { t } = useTranslation();
  const words = useFault()({ code: status.reason });
  return (
    <div className="flex flex-col items-start">
      <ProviderStateWord state={status.state} />
      {(status.until || status.reason) && (
        <p className="mt-0.5 text-muted text-xs">
          {status.reason && (
            <span title={words ? `${words.help} (${status.reason})` : status.reason}>
              {words?.title ?? status.reason}
            </span>
          )}
          {status.reason && status.until && " · "}
          {status.until && (
            <>
              {t("providers.until")} <RelativeTime at={status.until} />
            </>
          )}
        </p>
      )}
      <ModelBlocks blocks={status.model_blocks} />
    </div>
  );
}
