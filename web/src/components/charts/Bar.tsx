import { cx } from "../cx";
import type { ChartColour } from "./chart";

export interface BarPart {
  key: string;
  value: number;
  colour: ChartColour;
}

interface BarProps {
  parts: readonly BarPart[];
  /** What a full bar stands for. */
  max: number;
  className?: string;
}

/** A bar of parts. It repeats numbers that stand beside it, so it says nothing to screen readers. */
export function Bar({ parts, max, className = "h-2" }: BarProps) {
  return (
    <div aria-hidden className={cx("flex gap-px overflow-hidden rounded-sm bg-hover", className)}>
      {parts
        .filter(({ value }) => value > 0 && max > 0)
        .map(({ key, value, colour }) => (
          <div
            key={key}
            className="h-full"
            style={{ width: `${(Math.min(value, max) / max) * 100}%`, background: `var(--${colour})` }}
          />
        ))}
    </div>
  );
}
