import { useTranslation } from "react-i18next";
import type { Provider, ProviderState } from "@/api/types";
import { RelativeTime } from "@/components/RelativeTime";
import { StatusWord, type Tone } from "@/components/StatusWord";
import { useFault } from "@/features/errors/useFault";
import { ModelBlocks } from "./ModelBlocks";

const TONES: Record<ProviderState, Tone> = {
  ready: "good",
  cooling_down: "warn",
  exhausted: "warn",
  draining: "warn",
  needs_reauth: "bad",
  signed_out: "idle",
  disabled: "idle",
};

/** The account's state as a word, why, and until when; and models that it does not serve. */
export function ProviderStatusWord({ status }: Pick<Provider, "status">) {
  const { t } = useTranslation();
  const words = useFault()({ code: status.reason });
  return (
    <div>
      <StatusWord tone={TONES[status.state]}>{t(`providers.state.${status.state}`)}</StatusWord>
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
