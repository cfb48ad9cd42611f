import { Plus, X } from "lucide-react";
import { useId, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@/components/Button";
import { Input, Select } from "@/components/inputs";
import { newRule, type RuleDraft } from "./keyDraft";
import { isWindowed, METERS, WINDOWS } from "./limits";

interface LimitRowsProps {
  limits: RuleDraft[];
  onChange: (limits: RuleDraft[]) => void;
}

/** The rules of a key: how much of what, over how long. */
export function LimitRows({ limits, onChange }: LimitRowsProps) {
  const { t } = useTranslation();
  const id = useId();
  const add = useRef<HTMLButtonElement>(null);
  const set = (changed: RuleDraft) => onChange(limits.map((it) => (it.id === changed.id ? changed : it)));
  const remove = (gone: RuleDraft) => {
    onChange(limits.filter((it) => it.id !== gone.id));
    // The button that had the focus goes with its row.
    add.current?.focus();
  };
  return (
    <fieldset aria-describedby={id} className="min-w-0">
      <legend className="font-medium text-sm">{t("keys.limits")}</legend>
      <p id={id} className="mb-1.5 text-muted text-xs">
        {t("keys.limits_hint")}
      </p>
      <ul className="flex flex-col gap-1.5">
        {limits.map((rule, index) => {
          const number = index + 1;
          return (
            <li key={rule.id} className="flex flex-wrap items-center gap-1.5 sm:flex-nowrap">
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
              <Button
                look="quiet"
                size="icon"
                aria-label={t("keys.rule_remove", { number })}
                onClick={() => remove(rule)}
              >
                <X size={15} aria-hidden />
              </Button>
            </li>
          );
        })}
      </ul>
      <Button
        ref={add}
        size="sm"
        look="quiet"
        className="mt-1.5"
        onClick={() => onChange([...limits, newRule()])}
      >
        <Plus size={14} aria-hidden />
        {t("keys.rule_add")}
      </Button>
    </fieldset>
  );
}
