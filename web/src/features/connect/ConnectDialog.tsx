import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { freeSlug, SLUG } from "@/components/slug";
import type { ProvidersSearch, Way } from "@/routes/search";
import { AccountFields } from "./AccountFields";
import { Connected } from "./Connected";
import { useLoginFlow } from "./useLoginFlow";
import { Ways } from "./Ways";

const FIRST_NAME = "openai-codex";

interface ConnectDialogProps {
  providers: Provider[];
  /** The account's name, or `new` for one that has none yet. */
  target: string;
  way: Way;
  /** Keeps the dialog's state in the address, so that it survives a reload. */
  onChange: (search: ProvidersSearch) => void;
  onClose: () => void;
}

/** Connects a ChatGPT account, or signs one in again: four ways, one dialog. */
export function ConnectDialog({ providers, target, way, onChange, onClose }: ConnectDialogProps) {
  const { t } = useTranslation();
  const taken = providers.map(({ name }) => name);
  // Decided once: a new account becomes an existing one while the dialog is open.
  const [isNew] = useState(() => target === "new" || !taken.includes(target));
  const [name, setName] = useState(() => (target === "new" ? freeSlug(FIRST_NAME, taken) : target));
  const [displayName, setDisplayName] = useState("");
  const provider = name.trim();
  const valid = SLUG.test(provider);
  const flow = useLoginFlow({
    provider: valid ? provider : "",
    displayName,
    force: !isNew,
    onStarted: () => onChange({ connect: provider, way }),
  });
  const { step } = flow.flow;
  const nameTaken = isNew && step === "idle" && taken.includes(provider);
  return (
    <Dialog
      onClose={onClose}
      wide
      title={isNew ? t("connect.title") : t("connect.title_again", { name: target })}
      lead={t("connect.lead")}
    >
      {step === "done" ? (
        <Connected flow={flow} name={provider} onClose={onClose} />
      ) : (
        <div className="flex flex-col gap-4">
          {isNew && (
            <AccountFields
              name={name}
              onName={setName}
              displayName={displayName}
              onDisplayName={setDisplayName}
              locked={step === "waiting"}
              taken={nameTaken}
            />
          )}
          {flow.status.isError && (
            <ErrorNotice error={flow.status.error} onRetry={() => void flow.status.refetch()} />
          )}
          {flow.already && <Notice tone="idle">{t("connect.already")}</Notice>}
          <Ways
            flow={flow}
            way={way}
            disabled={!valid || nameTaken}
            onWay={(next) => onChange({ connect: target, way: next })}
          />
        </div>
      )}
    </Dialog>
  );
}
