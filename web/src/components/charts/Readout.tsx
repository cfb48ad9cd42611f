import { useLayoutEffect, useRef, useState } from "react";
import type { ReadingLine } from "./chart";
import { Swatch } from "./Legend";

/** Between the line that one points at and the box. */
const GAP = 12;

/** What the chart says where one points at it, on the side where there is room, and never beyond the chart. */
export function Readout({ left, title, lines }: { left: number; title: string; lines: ReadingLine[] }) {
  const box = useRef<HTMLDivElement>(null);
  const [place, setPlace] = useState(left);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other words make another width
  useLayoutEffect(() => {
    const width = box.current?.offsetWidth ?? 0;
    const room = box.current?.parentElement?.clientWidth ?? 0;
    const wanted = left > room / 2 ? left - GAP - width : left + GAP;
    setPlace(Math.max(0, Math.min(room - width, wanted)));
  }, [left, title, lines.length]);
  return (
    <div
      ref={box}
      aria-hidden
      className="pointer-events-none absolute top-0 z-10 max-w-64 rounded-md border border-line bg-surface px-2.5 py-1.5 text-xs shadow-float"
      style={{ left: place }}
    >
      <p className="whitespace-nowrap text-muted">{title}</p>
      <ul>
        {lines.map(({ key, label, colour, text }) => (
          <li key={key} className="flex items-center gap-1.5">
            <Swatch colour={colour} />
            <span className="min-w-0 flex-1 truncate">{label}</span>
            <span className="tabular pl-3 font-medium">{text}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
