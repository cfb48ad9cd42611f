import { useEffect, useRef, useState } from "react";
import { Input } from "@/components/inputs";

const PAUSE_MS = 250;

interface SearchBoxProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
}

/** Searches when the typing pauses. */
export function SearchBox({ value, label, onChange }: SearchBoxProps) {
  const [text, setText] = useState(value);
  const change = useRef(onChange);
  change.current = onChange;
  // The address may change by itself: back, or a link.
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text.trim() === value) return;
    const timer = setTimeout(() => change.current(text.trim()), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text, value]);
  return (
    <search className="p-0.5">
      <Input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
    </search>
  );
}
