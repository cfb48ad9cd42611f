import { ArrowDown, ArrowUp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Checkbox } from "@/components/Checkbox";
import { moved } from "../pools/pools";

interface AccountOrderProps {
  /** Of the pool. */
  members: string[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}

/** Members of the pool to use, in the order in which they are tried after the owner. */
export function AccountOrder({ members, chosen, onChange }: AccountOrderProps) {
  const { t } = useTranslation();
  const rest = members.filter((it) => !chosen.includes(it));
  if (members.length === 0 && chosen.length === 0)
    return <p className="mt-3 text-muted text-sm">{t("agents.no_members")}</p>;
  return (
    <ul aria-label={t("agents.account_order")} className="mt-3 rounded-md border border-line">
      {[...chosen, ...rest].map((name) => {
        const place = chosen.indexOf(name);
        const on = place >= 0;
        const step = (by: -1 | 1) => onChange(moved(chosen, place, by));
        return (
          <li key={name} className="flex items-center gap-2 border-line border-b px-2.5 py-1 last:border-b-0">
            <div className="flex-1">
              <Checkbox
                label={name}
                hint={members.includes(name) ? undefined : t("agents.not_in_pool")}
                checked={on}
                onChange={({ target }) =>
                  onChange(target.checked ? [...chosen, name] : chosen.filter((it) => it !== name))
                }
              />
            </div>
            {on && (
              <>
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={t("pools.move_up", { name })}
                  aria-disabled={place === 0 || undefined}
                  onClick={() => step(-1)}
                >
                  <ArrowUp size={15} aria-hidden />
                </Button>
                <Button
                  look="quiet"
                  size="icon"
                  aria-label={t("pools.move_down", { name })}
                  aria-disabled={place === chosen.length - 1 || undefined}
                  onClick={() => step(1)}
                >
                  <ArrowDown size={15} aria-hidden />
                </Button>
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
