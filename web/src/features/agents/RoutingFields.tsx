import { useTranslation } from "react-i18next";
import type { PoolStrategy } from "@/api/types";
import { Field } from "@/components/Field";
import { Select } from "@/components/inputs";
import { AccountOrder } from "./AccountOrder";
import { RoutingPreview } from "./RoutingPreview";
import { ACCOUNT_CHOICES, type PoolOf, type RoutingDraft } from "./routing";

const STRATEGIES: readonly PoolStrategy[] = ["primary_first", "priority_order", "round_robin", "quota_aware"];

interface RoutingFieldsProps {
  draft: RoutingDraft;
  /** `null`: the provider is not known here, or is no ChatGPT account. */
  pool: PoolOf | null;
  known: boolean;
  onChange: (draft: RoutingDraft) => void;
}

/** How the agent uses the pool of its provider, and what that means in words. */
export function RoutingFields({ draft, pool, known, onChange }: RoutingFieldsProps) {
  const { t } = useTranslation();
  const set = (change: Partial<RoutingDraft>) => onChange({ ...draft, ...change });
  const custom = draft.mode === "custom";
  return (
    <fieldset className="min-w-0">
      <legend className="mb-2 font-semibold">{t("agents.routing")}</legend>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label={t("agents.routing_mode")}>
          <Select
            value={draft.mode}
            onChange={({ target }) => set({ mode: target.value === "custom" ? "custom" : "inherit" })}
          >
            <option value="inherit">{t("agents.mode.inherit")}</option>
            <option value="custom">{t("agents.mode.custom")}</option>
          </Select>
        </Field>
        {custom && (
          <Field label={t("agents.accounts")}>
            <Select
              value={draft.accounts}
              onChange={({ target }) =>
                set({ accounts: ACCOUNT_CHOICES.find((it) => it === target.value) ?? draft.accounts })
              }
            >
              {ACCOUNT_CHOICES.map((it) => (
                <option key={it} value={it}>
                  {t(`agents.accounts_choice.${it}`)}
                </option>
              ))}
            </Select>
          </Field>
        )}
        {custom && draft.accounts !== "owner" && (
          <Field label={t("pools.strategy_label")} hint={t(`pools.strategy.${draft.strategy}.lead`)}>
            <Select
              value={draft.strategy}
              onChange={({ target }) =>
                set({ strategy: STRATEGIES.find((it) => it === target.value) ?? draft.strategy })
              }
            >
              {STRATEGIES.map((it) => (
                <option key={it} value={it}>
                  {t(`pools.strategy.${it}.name`)}
                </option>
              ))}
            </Select>
          </Field>
        )}
      </div>
      {custom && draft.accounts === "some" && (
        <AccountOrder
          members={pool?.members ?? []}
          chosen={draft.chosen}
          onChange={(chosen) => set({ chosen })}
        />
      )}
      <RoutingPreview draft={draft} pool={pool} known={known} />
    </fieldset>
  );
}
