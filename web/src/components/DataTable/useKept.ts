import { useState } from "react";
import { readStored, writeStored } from "@/hooks/stored";

/** Which columns the viewer took in (`true`) or out; the others are as the table has them. */
export type Chosen = Readonly<Record<string, boolean>>;

function parse(text: string | null): Chosen {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    if (typeof value !== "object" || value === null) return {};
    return Object.fromEntries(Object.entries(value).filter(([, shown]) => typeof shown === "boolean"));
  } catch {
    return {};
  }
}

/** The viewer's choice of columns, kept in this browser under the table's name. */
export function useKept(name: string | undefined): [Chosen, (next: Chosen) => void] {
  const [chosen, setChosen] = useState(() => (name ? parse(readStored(`table.${name}`)) : {}));
  const keep = (next: Chosen) => {
    setChosen(next);
    if (name) writeStored(`table.${name}`, JSON.stringify(next));
  };
  return [chosen, keep];
}
