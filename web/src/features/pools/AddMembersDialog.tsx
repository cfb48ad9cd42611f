import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/errors";
import type { Provider } from "@/api/types";
import { Button } from "@/components/Button";
import { Checkbox } from "@/components/Checkbox";
import { Dialog } from "@/components/Dialog";
import { Email } from "@/components/Email";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Notice } from "@/components/Notice";
import { useSavePool } from "@/hooks/usePools";
import { obstacleFor, type Pool, violationsIn } from "./pools";
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
  const [chosen, setChosen] = useState<string[]>([]);
  const { id, name: owner } = pool.owner;
  const members = pool.owner.pool?.members ?? [];
  const others = providers.filter(({ name }) => name !== owner && !members.includes(name));
  const broken = violationsIn(save.error instanceof ApiError ? save.error.body : null);
  const toggle = (name: string, on: boolean) => {
    save.reset();
    setChosen(on ? [...chosen, name] : chosen.filter((it) => it !== name));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen.length === 0 || save.isPending) return;
    save.mutate(
      { ownerId: id, pool: { extra_provider_names: [...members, ...chosen] } },
      { onSuccess: onClose },
    );
  };
  return (
    <Dialog onClose={onClose} title={t("pools.add_to", { name: owner })} lead={t("pools.add_lead")}>
      <form onSubmit={submit} className="flex flex-col gap-4">
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
                </li>
              );
            })}
          </ul>
        )}
        {broken.map(({ message }) => (
          <Notice key={message} tone="bad">
            {message}
          </Notice>
        ))}
        {save.isError && broken.length === 0 && <ErrorNotice error={save.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t("common.cancel")}</Button>
          <Button type="submit" look="primary" busy={save.isPending} disabled={chosen.length === 0}>
            {t("pools.add_chosen", { count: chosen.length })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
