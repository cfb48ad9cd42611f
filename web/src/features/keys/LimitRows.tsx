import { useTranslation } from "react-i18next";
import { Rows } from "@/components/form/Rows";
import { Input, Select } from "@/components/inputs";
import { newRule, type RuleDraft } from "./keyDraft";
import { isWindowed, METERS, WINDOWS } from "./limits";

interface LimitRowsProps {
  limits: RuleDraft[];
  errors: readonly string[];
  onChange: (limits: RuleDraft[]) => void;
}

/** The rules of a key: how much of what, over how long. */
export function LimitRows({ limits, errors, onChange }: LimitRowsProps) {
  const { t } = useTranslation();
  return (
    <Rows
      label={t("keys.limits")}
      hint={t("keys.limits_hint")}
      rows={limits}
      errors={errors}
      add={t("keys.rule_add")}
      make={() => newRule()}
      removeLabel={(_, number) => t("keys.rule_remove", { number })}
      onChange={onChange}
    >
      {(rule, number, set) => (
        <>
          <Select
            aria-label={t("keys.rule_meter", { number })}
            className="max-sm:basis-full sm:flex-2"
            value={rule.meter}
            onChange={({ target }) =>
              set({ ...rule, meter: METERS.find((it) => it === target.value) ?? rule.meter })
            }
          >
            {METERS.map((meter) => (
              <option key={meter} value={meter}>
                {t(`keys.meter.${meter}`)}
              </option>
            ))}
          </Select>
          {isWindowed(rule.meter) && (
            <Select
              aria-label={t("keys.rule_window", { number })}
              className="flex-1"
              value={rule.window}
              onChange={({ target }) =>
                set({ ...rule, window: WINDOWS.find((it) => it === target.value) ?? rule.window })
              }
            >
              {WINDOWS.map((window) => (
                <option key={window} value={window}>
                  {t(`keys.window.${window}`)}
                </option>
              ))}
            </Select>
          )}
          <Input
            aria-label={t("keys.rule_amount", { number })}
            placeholder={rule.meter === "pool_share" ? "%" : t("keys.amount")}
            inputMode="numeric"
            className="w-28! flex-none"
            value={rule.amount}
            onChange={({ target }) => set({ ...rule, amount: target.value })}
          />
        </>
      )}
    </Rows>
  );
}
