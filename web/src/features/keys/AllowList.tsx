import { useId } from "react";
import { useTranslation } from "react-i18next";
import { Checkbox } from "@/components/Checkbox";
import { ErrorLines } from "@/components/ErrorLines";
import type { ListName } from "./keyDraft";

interface AllowListProps {
  list: ListName;
  /** All there are at the moment. */
  known: string[];
  value: string[] | null;
  errors: readonly string[];
  onChange: (value: string[] | null) => void;
}

/** All of them, also later ones, or only those that are ticked. */
export function AllowList({ list, known, value, errors, onChange }: AllowListProps) {
  const { t } = useTranslation();
  const id = useId();
  const label = t(`keys.list.${list}`);
  // What is allowed and not there at the moment stays visible, and allowed.
  const gone = (value ?? []).filter((name) => !known.includes(name));
  const toggle = (name: string, allowed: boolean) => {
    const others = (value ?? []).filter((each) => each !== name);
    onChange(allowed ? [...others, name] : others);
  };
  return (
    <fieldset aria-labelledby={id} className="min-w-0">
      <p id={id} className="font-medium text-sm">
        {label}
      </p>
      <Checkbox
        label={t(`keys.all.${list}`)}
        checked={value === null}
        onChange={({ target }) => onChange(target.checked ? null : [])}
      />
      {value !== null && (
        <div className="mt-1.5 grid max-h-44 gap-1 overflow-y-auto rounded-md border border-line p-2 sm:grid-cols-2">
          {[...known, ...gone].map((name) => (
            <Checkbox
              key={name}
              label={<span className="font-mono text-xs">{name}</span>}
              checked={value.includes(name)}
              onChange={({ target }) => toggle(name, target.checked)}
            />
          ))}
          {known.length + gone.length === 0 && <p className="text-muted text-sm">{t("keys.none_there")}</p>}
        </div>
      )}
      <ErrorLines errors={errors} />
    </fieldset>
  );
}
