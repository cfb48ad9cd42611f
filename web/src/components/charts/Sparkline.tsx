import { cx } from "../cx";
import type { ChartColour, Reading } from "./chart";
import { sparkPaths } from "./sparkPaths";

interface SparklineProps {
  values: readonly Reading[];
  /** What it shows, with its first and last value, in words. */
  label: string;
  colour?: ChartColour;
  min?: number;
  max?: number;
  className?: string;
}

/** A line without scales, beside the number that it leads to. What is unknown is a gap. */
export function Sparkline({
  values,
  label,
  colour = "series-1",
  min,
  max,
  className = "h-7 w-24",
}: SparklineProps) {
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox="0 0 100 30"
      preserveAspectRatio="none"
      className={cx("shrink-0", className)}
    >
      {sparkPaths(values, { min, max }).map((path) => (
        <path
          key={path}
          d={path}
          fill="none"
          stroke={`var(--${colour})`}
          strokeWidth={1.5}
          strokeLinejoin="round"
          strokeLinecap="round"
          vectorEffect="non-scaling-stroke"
        />
      ))}
    </svg>
  );
}
