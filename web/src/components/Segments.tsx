import { cx } from "./cx";

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}

/** A few choices side by side, of which one is taken. */
export function Segments<T extends string>({ label, value, options, onChange }: SegmentsProps<T>) {
  if (options.length < 2) return null;
  return (
    <fieldset className="flex shrink-0 gap-0.5 rounded-md bg-sunken p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cx(
            "h-6 whitespace-nowrap rounded-sm px-2 text-sm",
            option.value === value
              ? "bg-surface font-medium text-ink shadow-[0_0_0_1px_var(--line)]"
              : "text-muted hover:text-ink",
          )}
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  );
}
