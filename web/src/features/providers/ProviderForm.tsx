import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Provider, ProviderType } from "@/api/types";
import { Button } from "@/components/Button";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { usePlaced } from "@/components/form/usePlaced";
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
  const [savedId, setSavedId] = useState(provider?.id ?? null);
  const { create, update } = useSaveProvider();
  const verify = useVerifyProvider();
  const { draft, guard, set, saved } = useDraft(() => draftOf(provider, types), create, update);
  const nameTaken = savedId === null && taken.includes(draft.name.trim());
  const complete = SLUG.test(draft.name.trim()) && !nameTaken;
  const saving = {
    isPending: create.isPending || update.isPending,
    error: create.error ?? update.error,
  };
  const wrong = usePlaced(saving.error, ["name", "display_name", "api_base", "api_key"]);

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
  const submit = () =>
    save().then(
      () => {
        saved();
        onClose();
      },
      () => {},
    );
  const saveAndVerify = () =>
    save().then(
      (id) => {
        saved();
        verify.mutate(id);
      },
      () => {},
    );

  return (
    <Form
      save={saving}
      wrong={wrong}
      guard={guard}
      complete={complete}
      onSave={submit}
      onClose={onClose}
      aside={
        <Button busy={verify.isPending} disabled={!complete || saving.isPending} onClick={saveAndVerify}>
          {t("provider_form.verify")}
        </Button>
      }
    >
      <ProviderFields
        draft={draft}
        onChange={set}
        errors={wrong.at}
        types={types}
        saved={savedId !== null}
        hasKey={provider?.api_key != null}
        nameTaken={nameTaken}
      />
      <VerifyLine check={verify} />
    </Form>
  );
}
