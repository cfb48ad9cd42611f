import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider, ProviderType } from "@/api/types";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { SLUG } from "@/components/slug";
import { useSaveProvider, useVerifyProvider } from "@/hooks/useProviders";
import { ProviderFields } from "./ProviderFields";
import { draftOf, toCreate, toUpdate } from "./providerDraft";
import { VerifyLine } from "./VerifyLine";

interface ProviderFormProps {
  provider: Provider | null;
  types: ProviderType[];
  taken: string[];
  onClose: () => void;
}

/** Saves a provider with a key. Verifying saves first, because the gateway is what calls the provider. */
export function ProviderForm({ provider, types, taken, onClose }: ProviderFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(provider, types));
  const [savedId, setSavedId] = useState(provider?.id ?? null);
  const { create, update } = useSaveProvider();
  const verify = useVerifyProvider();
  const nameTaken = savedId === null && taken.includes(draft.name.trim());
  const complete = SLUG.test(draft.name.trim()) && !nameTaken;
  const busy = create.isPending || update.isPending;

  const save = async (): Promise<string> => {
    if (savedId !== null) {
      await update.mutateAsync({ id: savedId, body: toUpdate(draft) });
      return savedId;
    }
    const { id } = await create.mutateAsync(toCreate(draft));
    setSavedId(id);
    return id;
  };
  // A refusal is shown from the mutation's own state.
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (complete && !busy) save().then(onClose, () => {});
  };
  const saveAndVerify = () =>
    save().then(
      (id) => verify.mutate(id),
      () => {},
    );

  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <ProviderFields
        draft={draft}
        onChange={setDraft}
        types={types}
        saved={savedId !== null}
        hasKey={provider?.api_key != null}
        nameTaken={nameTaken}
      />
      {(create.error ?? update.error) != null && <ErrorNotice error={create.error ?? update.error} />}
      <VerifyLine verify={verify} />
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button busy={verify.isPending} disabled={!complete || busy} onClick={saveAndVerify}>
          {t("provider_form.verify")}
        </Button>
        <Button type="submit" look="primary" busy={busy} disabled={!complete}>
          {t("common.save")}
        </Button>
      </div>
    </form>
  );
}
