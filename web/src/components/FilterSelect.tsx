import { Select } from "./inputs";

export interface FilterOption {
  value: string;
  label: string;
}

interface FilterSelectProps {
  label: string;
  /** What stands for no filter. */
  any: string;
  options: readonly FilterOption[];
  value: string | undefined;
  onChange: (value: string | undefined) => void;
}

/** One of these, or any; a value from the address stays choosable. */
export function FilterSelect({ label, any, options, value = "", onChange }: FilterSelectProps) {
  const known = value === "" || options.some((it) => it.value === value);
  return (
    <Select
      aria-label={label}
      value={value}
      className="sm:max-w-44"
      onChange={({ target }) => onChange(target.value || undefined)}
    >
      <option value="">{any}</option>
      {[...options, ...(known ? [] : [{ value, label: value }])].map((option) => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </Select>
  );
}
