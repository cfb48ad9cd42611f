import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Select } from "@/components/inputs";
import { Notice } from "@/components/Notice";
import { useSavePool } from "@/hooks/usePools";
import { STRATEGIES } from "@/routes/search";
import { MemberList } from "./MemberList";
import { AFFINITIES, draftOf, type Pool, placeViolations, singles, violationsIn } from "./pools";

interface PoolFormProps {
  pool: Pool | null;
  providers: Provider[];
  onClose: () => void;
}

/** How a pool chooses, and who is in it. Rules that the gateway finds broken stand at what breaks them. */
export function PoolForm({ pool, providers, onClose }: PoolFormProps) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(() => draftOf(pool, providers));
  const save = useSavePool();
  const owner = providers.find(({ name }) => name === draft.owner);
  const owners = pool ? [pool.owner] : singles(providers);
  const broken = violationsIn(save.error instanceof ApiError ? save.error.body : null);
  const placed = placeViolations(broken, draft);
  const set = (change: Partial<typeof draft>) => {
    // What was said of the old draft is not true of the new one.
    save.reset();
    setDraft({ ...draft, ...change });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!owner || save.isPending) return;
    const { strategy, affinity, members } = draft;
    save.mutate(
      { ownerId: owner.id, pool: { strategy, affinity, extra_provider_names: members } },
      { onSuccess: onClose },
    );
  };
  const chooseOwner = (name: string) =>
    set({ owner: name, members: draft.members.filter((member) => member !== name) });
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <Field label={t("pools.owner")} hint={t("pools.owner_hint")} errors={placed.owner}>
        <Select
          value={draft.owner}
          disabled={pool !== null}
          onChange={({ target }) => chooseOwner(target.value)}
        >
          {owners.map(({ id, name }) => (
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
        broken={placed.members}
        onChange={(members) => set({ members })}
      />
      {placed.other.map((text) => (
        <Notice key={text} tone="bad">
          {text}
        </Notice>
      ))}
      {save.isError && broken.length === 0 && <ErrorNotice error={save.error} />}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("common.cancel")}</Button>
        <Button type="submit" look="primary" busy={save.isPending} disabled={!owner}>
          {t("common.save")}
        </Button>
      </div>
    </form>
  );
}
