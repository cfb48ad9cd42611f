import { GripVertical } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { PoolActivity, QuotaList } from "@/api/types";
import { Card } from "@/components/Card";
import { cx } from "@/components/cx";
import { useDenied } from "@/hooks/useMay";
import { AccountMenu, UrgentActions } from "./AccountActions";
import { AccountRow } from "./AccountRow";
import { ChangeNotice } from "./ChangeNotice";
import type { Pool } from "./pools";
import { usePoolChange } from "./usePoolChange";
import { useReorder } from "./useReorder";

interface AccountListProps {
  pool: Pool;
  quota: QuotaList | undefined;
  activity: PoolActivity | undefined;
}

/** The accounts of a pool in their order, which is changed by dragging or by keyboard. */
export function AccountList({ pool, quota, activity }: AccountListProps) {
  const { t } = useTranslation();
  const hint = useId();
  const denied = useDenied("manage_providers");
  const change = usePoolChange(pool.owner.id);
  const [said, setSaid] = useState("");
  const stored = pool.owner.pool?.members ?? [];
  const members = change.saving ?? stored;
  const movable = members.filter((name) => name !== pool.primary);
  const fixed = pool.accounts.filter(({ name }) => !movable.includes(name));
  const reorder = useReorder({
    order: movable,
    onDrop: (order, name) =>
      change.change(
        { pool: { extra_provider_names: [...members.filter((it) => it === pool.primary), ...order] } },
        t("pools.moved", { name, place: fixed.length + order.indexOf(name) + 1 }),
        { pool: { extra_provider_names: stored } },
      ),
    onSay: (event, name, index) =>
      setSaid(t(`pools.reorder.${event}`, { name, place: fixed.length + index + 1 })),
  });
  const byName = new Map(pool.accounts.map((it) => [it.name, it]));
  const accounts = [...fixed, ...reorder.order.flatMap((name) => byName.get(name) ?? [])];
  return (
    <Card title={t("pools.members")}>
      <div data-pool={pool.owner.name}>
        <div className="border-line border-b">
          <ChangeNotice change={change} />
        </div>
        <p id={hint} className="sr-only">
          {t("pools.reorder.hint")}
        </p>
        <p role="status" className="sr-only">
          {said}
        </p>
        <ol className="divide-y divide-line">
          {accounts.map((account, index) => {
            const { name } = account;
            const canMove = denied === undefined && movable.length > 1 && movable.includes(name);
            return (
              <li
                key={account.id}
                ref={reorder.rowOf(name)}
                data-account={name}
                className={cx("bg-surface", reorder.held === name && "relative z-10 shadow-float")}
              >
                <AccountRow
                  account={account}
                  standing={{
                    place: index + 1,
                    role: name === pool.owner.name ? "owner" : "member",
                    primary: name === pool.primary,
                    strategy: pool.strategy,
                  }}
                  counts={activity?.provider_counts.find((it) => it.provider_name === name)}
                  quota={quota?.providers.find((it) => it.provider_id === account.id)}
                  generatedAt={quota?.generated_at ?? ""}
                  handle={
                    canMove ? (
                      <button
                        type="button"
                        aria-label={t("pools.reorder.handle", { name })}
                        aria-describedby={hint}
                        {...reorder.handleOf(name)}
                        className="-ml-1.5 h-8 shrink-0 cursor-grab touch-none rounded-md px-0.5 text-muted hover:bg-hover aria-pressed:cursor-grabbing aria-pressed:bg-accent-soft aria-pressed:text-ink"
                      >
                        <GripVertical size={16} aria-hidden />
                      </button>
                    ) : (
                      <span aria-hidden className="-ml-1.5 w-5 shrink-0" />
                    )
                  }
                  urgent={<UrgentActions account={account} />}
                  menu={<AccountMenu account={account} pool={pool} change={change} />}
                />
              </li>
            );
          })}
        </ol>
      </div>
    </Card>
  );
}
