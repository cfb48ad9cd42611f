import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShortcuts } from "@/hooks/useShortcuts";
import { Input } from "./inputs";

const PAUSE_MS = 250;

interface SearchBoxProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
  /** The page's own search, where `/` puts the focus. */
  main?: boolean;
}

/** Searches when the typing pauses. */
export function SearchBox({ value, label, onChange, main = false }: SearchBoxProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const change = useRef(onChange);
  change.current = onChange;
  // The address may change by itself: back, or a link.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => change.current(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  const focus = () => {
    input.current?.focus();
    input.current?.select();
  };
  // Where a page shows the same box twice, such as in a drawer, the one that is to be seen.
  const when = () => input.current?.checkVisibility?.() ?? true;
  useShortcuts(main ? [{ keys: "/", group: "list", label: t("shortcuts.search"), when, run: focus }] : []);
  return (
    <search className="p-0.5">
      <Input
        ref={input}
        type="search"
        aria-label={label}
        aria-keyshortcuts={main ? "/" : undefined}
        placeholder={label}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </search>
  );
}
