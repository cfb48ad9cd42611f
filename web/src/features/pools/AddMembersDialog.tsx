import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Checkbox } from "@/components/Checkbox";
import { Dialog } from "@/components/Dialog";
import { Email } from "@/components/Email";
import { ErrorLines } from "@/components/ErrorLines";
import { Form } from "@/components/form/Form";
import { useDraft } from "@/components/form/useDraft";
import { useSavePool } from "@/hooks/usePools";
import { obstacleFor, type Pool, placeBroken } from "./pools";
import { useObstacle } from "./useObstacle";

interface AddMembersDialogProps {
  pool: Pool;
  providers: Provider[];
  onClose: () => void;
}

/** Who may join, with the rules: each that can't says why. */
export function AddMembersDialog({ pool, providers, onClose }: AddMembersDialogProps) {
  const { t } = useTranslation();
  const why = useObstacle();
  const save = useSavePool();
  const { draft, guard, set, saved } = useDraft<{ chosen: string[] }>(() => ({ chosen: [] }), save);
  const { chosen } = draft;
  const { id, name: owner } = pool.owner;
  const members = pool.owner.pool?.members ?? [];
  const others = providers.filter(({ name }) => name !== owner && !members.includes(name));
  const wrong = placeBroken(save.error, { owner, members: chosen });
  const toggle = (name: string, on: boolean) =>
    set({ chosen: on ? [...chosen, name] : chosen.filter((it) => it !== name) });
  const onSuccess = () => {
    saved();
    onClose();
  };
  const submit = () =>
    save.mutate({ ownerId: id, pool: { extra_provider_names: [...members, ...chosen] } }, { onSuccess });
  return (
    <Dialog onClose={onClose} title={t("pools.add_to", { name: owner })} lead={t("pools.add_lead")}>
      <Form
        save={save}
        wrong={{ any: wrong.any, other: [...wrong.owner, ...wrong.other] }}
        guard={guard}
        complete={chosen.length > 0}
        action={t("pools.add_chosen", { count: chosen.length })}
        onSave={submit}
        onClose={onClose}
      >
        <ul className="list-disc pl-5 text-muted text-sm">
          <li>{t("pools.rules.type")}</li>
          <li>{t("pools.rules.one")}</li>
          <li>{t("pools.rules.owner")}</li>
          <li>{t("pools.rules.order")}</li>
        </ul>
        {others.length === 0 ? (
          <p>{t("pools.nobody_left")}</p>
        ) : (
          <ul className="flex flex-col gap-2">
            {others.map((it) => {
              const obstacle = obstacleFor(it, owner);
              const email = it.account?.email;
              return (
                <li key={it.id} data-candidate={it.name}>
                  <Checkbox
                    label={it.display_name ? `${it.display_name} (${it.name})` : it.name}
                    hint={obstacle ? why(obstacle) : email && <Email address={email} />}
                    disabled={obstacle !== null}
                    checked={chosen.includes(it.name)}
                    onChange={({ target }) => toggle(it.name, target.checked)}
                  />
                  <ErrorLines errors={wrong.members.get(it.name) ?? []} />
                </li>
              );
            })}
          </ul>
        )}
      </Form>
    </Dialog>
  );
}
