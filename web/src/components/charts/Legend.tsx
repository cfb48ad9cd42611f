import { cx } from "../cx";
import type { ChartColour } from "./chart";

export interface LegendItem {
  key: string;
  label: string;
  colour: ChartColour;
  look?: "line" | "dashed" | "band" | "box";
}

/** The mark of a series, as it is drawn. */
export function Swatch({ colour, look = "box" }: Pick<LegendItem, "colour" | "look">) {
  const ink = `var(--${colour})`;
  const stroke = look === "line" || look === "dashed";
  return (
    <span
      aria-hidden
      className={cx(
        "inline-block shrink-0",
        stroke ? "h-0 w-3.5 border-t-2" : "size-2.5 rounded-xs",
        look === "dashed" && "border-dashed",
      )}
      style={stroke ? { borderColor: ink } : { background: ink, opacity: look === "band" ? 0.35 : 1 }}
    />
  );
}

/** What the colours stand for, in words. */
export function Legend({ items }: { items: LegendItem[] }) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1 text-muted text-xs">
      {items.map(({ key, label, ...mark }) => (
        <li key={key} className="flex items-center gap-1.5">
          <Swatch {...mark} />
          {label}
        </li>
      ))}
    </ul>
  );
}
