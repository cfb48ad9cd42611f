import { useEffect, useEffectEvent, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import "./plot.css";
import type { Chart } from "./chart";
import { alignedData, plotOptions } from "./plotOptions";
import { useChartColours } from "./useChartColours";

interface PlotProps {
  chart: Chart;
  height: number;
  /** The place that is read by keyboard; `null` when it is the pointer's or nobody's. */
  at: number | null;
  onCursor: (index: number | null, left: number) => void;
}

/** What a new plot is needed for; new values alone are given to the old one. */
function shapeOf({ series, marks, stacked }: Chart): string {
  const parts = series.map(({ key, colour, kind, dashed, bandTo }) => [key, colour, kind, dashed, bandTo]);
  return JSON.stringify([parts, stacked, marks?.some(({ quiet }) => !quiet)]);
}

/** The canvas. It is loaded when a chart is first shown; nothing else may import it. */
export default function Plot({ chart, height, at, onCursor }: PlotProps) {
  const { i18n } = useTranslation();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(chart);
  latest.current = chart;
  const colours = useChartColours();
  const tell = useEffectEvent(onCursor);
  const shape = shapeOf(chart);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another shape is another plot
  useLayoutEffect(() => {
    const target = box.current;
    if (!target) return;
    const options = plotOptions({
      chart: () => latest.current,
      colours,
      language: i18n.language,
      width: target.clientWidth,
      height,
      onCursor: (index, left) => tell(index, left),
    });
    const made = new uPlot(options, alignedData(latest.current), target);
    plot.current = made;
    const observer = new ResizeObserver(() => {
      const width = target.clientWidth;
      if (width > 0 && width !== made.width) made.setSize({ width, height });
    });
    observer.observe(target);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, colours, height, i18n.language]);
  useEffect(() => plot.current?.setData(alignedData(chart)), [chart]);
  useEffect(() => {
    const time = at === null ? undefined : latest.current.times[at];
    if (plot.current && time !== undefined)
      plot.current.setCursor({ left: plot.current.valToPos(time, "x"), top: 1 });
  }, [at]);
  return <div ref={box} aria-hidden className="w-full overflow-hidden" style={{ height }} />;
}
