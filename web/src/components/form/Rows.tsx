import { Plus, X } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { Button } from "../Button";
import { ErrorLines } from "../ErrorLines";

interface RowsProps<Row extends { id: number }> {
  label: string;
  hint: string;
  rows: Row[];
  errors: readonly string[];
  add: string;
  make: () => Row;
  /** Of the button that takes a row away. */
  removeLabel: (row: Row, number: number) => string;
  onChange: (rows: Row[]) => void;
  children: (row: Row, number: number, set: (changed: Row) => void) => ReactNode;
}

/** Lines of a form that are added and taken away. */
export function Rows<Row extends { id: number }>({
  label,
  hint,
  rows,
  errors,
  add,
  make,
  removeLabel,
  onChange,
  children,
}: RowsProps<Row>) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const set = (changed: Row) => onChange(rows.map((it) => (it.id === changed.id ? changed : it)));
  const remove = (gone: Row) => {
    onChange(rows.filter((it) => it.id !== gone.id));
    // The button that had the focus goes with its row.
    button.current?.focus();
  };
  return (
    <fieldset aria-describedby={id} className="min-w-0">
      <legend className="font-medium text-sm">{label}</legend>
      <p id={id} className="mb-1.5 text-muted text-xs">
        {hint}
      </p>
      <ul className="flex flex-col gap-1.5">
        {rows.map((row, index) => (
          <li key={row.id} className="flex flex-wrap items-center gap-1.5 sm:flex-nowrap">
            {children(row, index + 1, set)}
            <Button
              look="quiet"
              size="icon"
              aria-label={removeLabel(row, index + 1)}
              onClick={() => remove(row)}
            >
              <X size={15} aria-hidden />
            </Button>
          </li>
        ))}
      </ul>
      <Button
        ref={button}
        size="sm"
        look="quiet"
        className="mt-1.5"
        onClick={() => onChange([...rows, make()])}
      >
        <Plus size={14} aria-hidden />
        {add}
      </Button>
      <ErrorLines errors={errors} />
    </fieldset>
  );
}
