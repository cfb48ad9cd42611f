import { type ComponentProps, lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { cx } from "@/components/cx";
import { useReturnFocus } from "@/components/useReturnFocus";
import { createStore } from "@/hooks/store";
import { withWords } from "@/i18n";
import { SearchLine, WINDOW } from "./SearchLine";

export const loadPalette = withWords(() => import("./Palette"));
const Palette = lazy(loadPalette);

interface PlainFieldProps extends ComponentProps<"input"> {
  onValueChange: (text: string) => void;
}

function PlainField({ onValueChange, ...field }: PlainFieldProps) {
  const { t } = useTranslation();
  return (
    <input
      {...field}
      type="text"
      autoComplete="off"
      spellCheck={false}
      aria-label={t("palette.title")}
      onChange={({ target }) => onValueChange(target.value)}
    />
  );
}

function show(window: HTMLDialogElement | null) {
  if (window && !window.open) window.showModal();
}

/** The palette, typed into from the first moment on: until it is here, the browser's own window stands in its place. */
export function PaletteWindow({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const returnFocus = useReturnFocus();
  const [typed] = useState(() => createStore(""));
  const leave = () => {
    returnFocus();
    onClose();
  };
  const waiting = (
    <dialog
      ref={show}
      aria-label={t("palette.title")}
      onClose={leave}
      className={cx("fixed w-auto border-line text-ink shadow-float backdrop:bg-veil", WINDOW)}
    >
      <SearchLine typed={typed} Field={PlainField} />
    </dialog>
  );
  return (
    <Suspense fallback={waiting}>
      <Palette typed={typed} returnFocus={returnFocus} onClose={onClose} />
    </Suspense>
  );
}
