import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Field } from "@/components/Field";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { Select } from "@/components/inputs";
import { useSavePool } from "@/hooks/usePools";
import { STRATEGIES } from "@/routes/search";
import { MemberList } from "./MemberList";
import { AFFINITIES, newPool, placeBroken, singles } from "./pools";

interface PoolFormProps {
  providers: Provider[];
  onClose: () => void;
}

/**
 * A new pool: how it chooses, and who is in it. Rules that the gateway finds broken stand at what breaks them. One
 * that there is, is changed on its page.
 */
export function PoolForm({ providers, onClose }: PoolFormProps) {
  const { t } = useTranslation();
  const save = useSavePool();
  const { draft, guard, set, saved } = useDraft(() => newPool(providers), save);
  const owner = providers.find(({ name }) => name === draft.owner);
  const wrong = placeBroken(save.error, draft);
  const onSuccess = () => {
    saved();
    onClose();
  };
  const submit = () => {
    const { strategy, affinity, members } = draft;
    const pool = { strategy, affinity, extra_provider_names: members };
    if (owner) save.mutate({ ownerId: owner.id, pool }, { onSuccess });
  };
  const chooseOwner = (name: string) =>
    set({ owner: name, members: draft.members.filter((member) => member !== name) });
  return (
    <Form
      save={save}
      wrong={wrong}
      guard={guard}
      complete={owner !== undefined}
      onSave={submit}
      onClose={onClose}
    >
      <Field label={t("pools.owner")} hint={t("pools.owner_hint")} errors={wrong.owner}>
        <Select value={draft.owner} onChange={({ target }) => chooseOwner(target.value)}>
          {singles(providers).map(({ id, name }) => (
            <option key={id} value={name}>
              {name}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("pools.strategy_label")} hint={t(`pools.strategy.${draft.strategy}.lead`)}>
        <Select
          value={draft.strategy}
          onChange={({ target }) =>
            set({ strategy: STRATEGIES.find((it) => it === target.value) ?? draft.strategy })
          }
        >
          {STRATEGIES.map((strategy) => (
            <option key={strategy} value={strategy}>
              {t(`pools.strategy.${strategy}.name`)}
            </option>
          ))}
        </Select>
      </Field>
      <Field label={t("pools.affinity_label")} hint={t(`pools.affinity.${draft.affinity}.lead`)}>
        <Select
          value={draft.affinity}
          onChange={({ target }) =>
            set({ affinity: AFFINITIES.find((it) => it === target.value) ?? draft.affinity })
          }
        >
          {AFFINITIES.map((affinity) => (
            <option key={affinity} value={affinity}>
              {t(`pools.affinity.${affinity}.name`)}
            </option>
          ))}
        </Select>
      </Field>
      <MemberList
        owner={draft.owner}
        members={draft.members}
        providers={providers}
        broken={wrong.members}
        onChange={(members) => set({ members })}
      />
    </Form>
  );
}
