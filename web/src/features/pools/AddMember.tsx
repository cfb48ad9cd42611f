import { useTranslation } from "react-i18next";
import type { Provider } from "@/api/types";
import { Select } from "@/components/inputs";
import { obstacleFor } from "./pools";
import { useObstacle } from "./useObstacle";

interface AddMemberProps {
  owner: string;
  members: string[];
  providers: Provider[];
  onAdd: (name: string) => void;
}

/** Every provider that is not in the pool; those that cannot join say why. */
export function AddMember({ owner, members, providers, onAdd }: AddMemberProps) {
  const { t } = useTranslation();
  const why = useObstacle();
  const others = providers.filter(({ name }) => name !== owner && !members.includes(name));
  if (others.length === 0) return <p className="mt-2 text-muted text-sm">{t("pools.nobody_left")}</p>;
  return (
    <Select
      className="mt-2 max-w-80"
      aria-label={t("pools.add_member")}
      value=""
      onChange={({ target }) => target.value && onAdd(target.value)}
    >
      <option value="">{t("pools.add_member")}</option>
      {others.map((it) => {
        const obstacle = obstacleFor(it, owner);
        return (
          <option key={it.id} value={it.name} disabled={obstacle !== null}>
            {it.name}
            {obstacle && ` (${why(obstacle)})`}
          </option>
        );
      })}
    </Select>
  );
}
