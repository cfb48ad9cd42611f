import { useId } from "react";
import { useTranslation } from "react-i18next";
import type { PoolAffinity, PoolStrategy } from "@/api/types";
import { Button } from "@/components/Button";
import { Card } from "@/components/Card";
import { cx } from "@/components/cx";
import { ErrorNotice } from "@/components/ErrorNotice";
import { Field } from "@/components/Field";
import { Select } from "@/components/inputs";
import { useDenied } from "@/hooks/useMay";
import { useSavePool } from "@/hooks/usePools";
import { STRATEGIES } from "@/routes/search";
import { AFFINITIES, type Pool } from "./pools";
import { StrategyPreview } from "./StrategyPreview";

interface StrategyCardProps {
  pool: Pool;
  /** The strategy that is looked at; the address carries it. */
  tried: PoolStrategy | null;
  onTry: (strategy: PoolStrategy | null) => void;
}

/** How the pool chooses; another strategy is tried out against the last requests before it is taken. */
export function StrategyCard({ pool, tried, onTry }: StrategyCardProps) {
  const { t } = useTranslation();
  const name = useId();
  const denied = useDenied("manage_providers");
  const save = useSavePool();
  const ownerId = pool.owner.id;
  const shown = tried ?? pool.strategy;
  const other = shown === pool.strategy ? null : shown;
  const setAffinity = (affinity: PoolAffinity) => save.mutate({ ownerId, pool: { affinity } });
  return (
    <Card title={t("pools.strategy_label")}>
      <fieldset className="divide-y divide-line">
        <legend className="sr-only">{t("pools.strategy_label")}</legend>
        {STRATEGIES.map((strategy) => (
          <label
            key={strategy}
            className={cx(
              "flex cursor-pointer gap-2.5 px-3.5 py-2 text-sm hover:bg-hover",
              strategy === shown && "bg-accent-soft",
            )}
          >
            <input
              type="radio"
              name={name}
              value={strategy}
              checked={strategy === shown}
              onChange={() => onTry(strategy === pool.strategy ? null : strategy)}
              className="mt-0.5 size-4 shrink-0 accent-accent"
            />
            <span className="min-w-0">
              <span className="font-medium">{t(`pools.strategy.${strategy}.name`)}</span>
              {strategy === pool.strategy && (
                <span className="text-muted text-xs"> · {t("pools.preview.current")}</span>
              )}
              <span className="block text-muted text-xs">{t(`pools.strategy.${strategy}.lead`)}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {other && (
        <div className="border-line border-t px-3.5 py-3">
          <StrategyPreview ownerId={ownerId} strategy={other} />
          <div className="mt-3 flex flex-wrap gap-2">
            <Button
              size="sm"
              look="primary"
              denied={denied}
              busy={save.isPending}
              onClick={() =>
                save.mutate({ ownerId, pool: { strategy: other } }, { onSuccess: () => onTry(null) })
              }
            >
              {t("pools.preview.use", { name: t(`pools.strategy.${other}.name`) })}
            </Button>
            <Button size="sm" onClick={() => onTry(null)}>
              {t("pools.preview.keep")}
            </Button>
          </div>
        </div>
      )}
      <div className="border-line border-t px-3.5 py-3">
        <Field label={t("pools.affinity_label")} hint={t(`pools.affinity.${pool.affinity}.lead`)}>
          <Select
            value={pool.affinity}
            disabled={denied !== undefined}
            title={denied}
            onChange={({ target }) => {
              const next = AFFINITIES.find((it) => it === target.value);
              if (next) setAffinity(next);
            }}
          >
            {AFFINITIES.map((affinity) => (
              <option key={affinity} value={affinity}>
                {t(`pools.affinity.${affinity}.name`)}
              </option>
            ))}
          </Select>
        </Field>
        {save.isError && <ErrorNotice error={save.error} className="mt-2" />}
      </div>
    </Card>
  );
}
