import { type KeyboardEvent, lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "@/i18n/format";
import { ChartFrame } from "./ChartFrame";
import { type Chart, readingsAt, stepTo } from "./chart";
import { Legend, type LegendItem } from "./Legend";
import { Readout } from "./Readout";
import { tableOf } from "./tableOf";

// The library is a third of the page's weight; the words around it do not wait for it.
const Plot = lazy(() => import("./Plot"));

interface TimeChartProps {
  /** Names the chart. */
  label: string;
  chart: Chart;
  height?: number;
  /** In place of one entry a series. */
  legend?: LegendItem[];
}

function legendOf({ series }: Chart): LegendItem[] {
  return series
    .filter(({ unlisted }) => !unlisted)
    .map(({ key, label, colour, kind, dashed }) => ({
      key,
      label,
      colour,
      look: kind === "bars" ? "box" : dashed ? "dashed" : "line",
    }));
}

let canDraw: boolean | undefined;

/** A browser that draws no canvas shows the table. */
function drawable(): boolean {
  canDraw ??= document.createElement("canvas").getContext("2d") !== null;
  return canDraw;
}

/**
 * Values over time. The arrow keys read it, and say each reading to screen readers: it is a slider along the time.
 * Its place is taken from the first moment on, so that nothing moves when it arrives.
 */
export function TimeChart({ label, chart, height = 220, legend = legendOf(chart) }: TimeChartProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const [pointed, setPointed] = useState<{ index: number; left: number } | null>(null);
  const [read, setRead] = useState<number | null>(null);
  const { times } = chart;
  const last = times.length - 1;
  const at = Math.min(last, read ?? pointed?.index ?? last);
  const time = times[at];
  const say = (index: number) =>
    readingsAt(chart, index)
      .map(({ label: name, text }) => `${name} ${text}`)
      .join(", ");
  const onKeyDown = (event: KeyboardEvent) => {
    const next = stepTo(event.key, at, times.length);
    if (next === null) return;
    event.preventDefault();
    setRead(next);
  };
  const onCursor = (index: number | null, left: number) =>
    setPointed(index === null || left < 0 ? null : { index, left });
  return (
    <ChartFrame
      label={label}
      height={height}
      legend={<Legend items={legend} />}
      table={() => tableOf(chart, t("charts.time"), t("charts.mark"), format.absoluteTime)}
      tableOnly={!drawable()}
    >
      {time === undefined ? (
        <p className="grid place-items-center text-muted text-sm" style={{ height }}>
          {t("charts.nothing")}
        </p>
      ) : (
        <div
          role="slider"
          tabIndex={0}
          aria-label={t("charts.readings_of", { label })}
          aria-valuemin={0}
          aria-valuemax={last}
          aria-valuenow={at}
          aria-valuetext={`${format.absoluteTime(time)}: ${say(at) || t("charts.nothing")}`}
          onKeyDown={onKeyDown}
          onPointerMove={() => setRead(null)}
          onBlur={() => {
            setRead(null);
            setPointed(null);
          }}
          className="relative rounded-md"
          style={{ height }}
        >
          <Suspense fallback={<div aria-hidden className="size-full animate-pulse rounded-md bg-hover/50" />}>
            <Plot chart={chart} height={height} at={read} onCursor={onCursor} />
          </Suspense>
          {pointed && times[pointed.index] !== undefined && (
            <Readout
              left={pointed.left}
              title={format.absoluteTime(times[pointed.index] ?? 0)}
              lines={readingsAt(chart, pointed.index)}
            />
          )}
        </div>
      )}
    </ChartFrame>
  );
}
