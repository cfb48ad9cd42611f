import type { ReactNode } from "react";
import { cx } from "../cx";
import type { ChartColour } from "./chart";

interface GaugeProps {
  /** 0 to 100; `null` when it is not known, which is neither full nor empty. */
  value: number | null;
  label: string;
  /** The value in words. */
  text: string;
  colour: ChartColour;
  children?: ReactNode;
}

const RADIUS = 44;
const LENGTH = Math.PI * RADIUS;
const ARC = `M 6 50 A ${RADIUS} ${RADIUS} 0 0 1 94 50`;

/** A half ring that fills from the left, with its value written in it. */
export function Gauge({ value, label, text, colour, children }: GaugeProps) {
  const known = value !== null;
  return (
    <div
      role="img"
      aria-label={`${label}: ${text}`}
      className="relative mx-auto w-full max-w-40"
      data-known={known}
    >
      <svg viewBox="0 0 100 56" aria-hidden className="block w-full">
        <path
          d={ARC}
          fill="none"
          stroke={known ? "var(--hover)" : "var(--edge)"}
          strokeWidth={known ? 8 : 1.5}
          strokeLinecap="round"
          {...(!known && { strokeDasharray: "3 3" })}
        />
        {known && value > 0 && (
          <path
            d={ARC}
            fill="none"
            stroke={`var(--${colour})`}
            strokeWidth={8}
            strokeLinecap="round"
            strokeDasharray={`${(Math.min(100, value) / 100) * LENGTH} ${LENGTH * 2}`}
          />
        )}
      </svg>
      <div aria-hidden className="absolute inset-x-0 bottom-0 text-center">
        <p className={cx("tabular font-semibold tracking-tight", known ? "text-xl" : "text-sm")}>{text}</p>
        {children}
      </div>
    </div>
  );
}
