import { cx } from "./cx";

interface ChoiceProps<Value extends string> {
  label: string;
  values: readonly Value[];
  value: Value;
  nameOf: (value: Value) => string;
  onChange: (value: Value) => void;
}

/** One of a few, side by side. */
export function Choice<Value extends string>({ label, values, value, nameOf, onChange }: ChoiceProps<Value>) {
  return (
    <fieldset className="flex flex-wrap gap-0.5 rounded-md bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {values.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === value}
          onClick={() => onChange(each)}
          className={cx(
            "rounded-sm px-2 py-0.5 text-sm",
            each === value ? "bg-surface font-medium shadow-sm" : "text-muted hover:text-ink",
          )}
        >
          {nameOf(each)}
        </button>
      ))}
    </fieldset>
  );
}
