import { Search } from "lucide-react";
import type { ElementType } from "react";
import { useTranslation } from "react-i18next";
import { type Store, useStore } from "@/hooks/store";

/** Where the palette stands. */
export const WINDOW = "inset-x-2 top-2 mx-auto max-w-xl rounded-lg border bg-surface sm:top-[12vh]";

interface SearchLineProps {
  typed: Store<string>;
  /** What is typed into; it gets `value` and `onValueChange`. */
  Field: ElementType;
}

/** Where one types what is looked for. */
export function SearchLine({ typed, Field }: SearchLineProps) {
  const { t } = useTranslation();
  const value = useStore(typed);
  return (
    <div className="flex items-center gap-2.5 border-line border-b px-3.5">
      <Search size={16} aria-hidden className="shrink-0 text-muted" />
      <Field
        autoFocus
        placeholder={t("palette.placeholder")}
        value={value}
        onValueChange={typed.set}
        className="h-11 w-full bg-transparent text-base outline-none"
      />
    </div>
  );
}
