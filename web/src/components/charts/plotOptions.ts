import uPlot from "uplot";
import { type Chart, type DrawnSeries, drawOrder, halfStep, topOf } from "./chart";
import { drawMarks } from "./marks";
import { timeLabels } from "./timeLabels";
import type { ChartColours } from "./useChartColours";

const MINUTE_MS = 60_000;
/** The steps of the time axis, in minutes: none so short that two neighbours would have the same words. */
const STEPS = [
  1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7200, 10_080, 20_160, 43_200, 129_600,
];
const TICK_FONT_PX = 11;
/** Room above the plot for the words of the marks. */
const MARK_ROOM = 18;

/** A colour of the theme, let through: only hexadecimal colours stand in the tokens that charts use. */
export function translucent(colour: string, alpha: number): string {
  const hex = Math.round(alpha * 255)
    .toString(16)
    .padStart(2, "0");
  return /^#[0-9a-f]{6}$/i.test(colour) ? `${colour}${hex}` : colour;
}

function toSeries(series: DrawnSeries, colours: ChartColours, stacked: boolean): uPlot.Series {
  const colour = colours[series.colour];
  const alone = series.values.filter((value) => value !== null).length === 1;
  const bars = series.kind === "bars";
  const edge = series.unlisted === true || series.bandTo !== undefined;
  return {
    label: series.label,
    stroke: edge ? translucent(colour, 0.45) : colour,
    width: bars ? 0 : edge ? 1 : 2,
    ...(series.dashed && { dash: [5, 4] }),
    ...(bars && { fill: colour, paths: uPlot.paths.bars?.({ size: [0.72, 36], radius: 0.12 }) }),
    ...(series.kind === "area" && { fill: translucent(colour, stacked ? 0.55 : 0.14) }),
    points: { show: alone && !bars, size: 7, fill: colour },
    spanGaps: false,
  };
}

export function alignedData(chart: Chart): uPlot.AlignedData {
  return [[...chart.times], ...drawOrder(chart).map(({ drawn }) => [...drawn])] as uPlot.AlignedData;
}

interface Wanted {
  /** Asked whenever something is drawn, so that new data needs no new plot. */
  chart: () => Chart;
  colours: ChartColours;
  language: string;
  width: number;
  height: number;
  onCursor: (index: number | null, left: number) => void;
}

export function plotOptions({ chart, colours, language, width, height, onCursor }: Wanted): uPlot.Options {
  const shape = chart();
  const drawn = drawOrder(shape);
  const place = (key: string) => drawn.findIndex((it) => it.key === key) + 1;
  const hasBars = drawn.some(({ kind }) => kind === "bars");
  const axis = {
    stroke: colours.muted,
    font: `${TICK_FONT_PX}px ${colours.font}`,
    grid: { stroke: colours.line, width: 1 },
    ticks: { show: false },
  };
  return {
    width,
    height,
    ms: 1,
    legend: { show: false },
    padding: [shape.marks?.some(({ quiet }) => !quiet) ? MARK_ROOM : 8, 10, 0, 0],
    cursor: {
      y: false,
      drag: { x: false, y: false },
      points: { size: 7, width: 2, fill: () => colours.surface },
    },
    scales: {
      x: {
        range: (_plot, min, max) => {
          const { times, from, to } = chart();
          const room = hasBars || min === max ? halfStep(times) : 0;
          return [from ?? min - room, to ?? max + room];
        },
      },
      y: {
        range: (_plot, _min, max) => {
          const { min = 0, max: top } = chart();
          return [min, top ?? topOf(min, max)];
        },
      },
    },
    series: [{}, ...drawn.map((each) => toSeries(each, colours, shape.stacked === true))],
    bands: drawn.flatMap(({ key, bandTo, colour }) =>
      bandTo === undefined
        ? []
        : [
            {
              series: [place(key), place(bandTo)] as [number, number],
              fill: translucent(colours[colour], 0.16),
            },
          ],
    ),
    axes: [
      {
        ...axis,
        grid: { show: false },
        incrs: STEPS.map((minutes) => minutes * MINUTE_MS),
        space: 70,
        size: 26,
        gap: 6,
        values: (_plot, splits, _axis, _space, step) => timeLabels(language, splits, step),
      },
      {
        ...axis,
        space: 34,
        size: 50,
        gap: 6,
        values: (_plot, splits) => splits.map((value) => chart().format(value)),
      },
    ],
    hooks: {
      draw: [(plot) => drawMarks(plot, chart().marks ?? [], colours)],
      setCursor: [
        (plot) => onCursor(plot.cursor.idx ?? null, (plot.cursor.left ?? 0) + plot.over.offsetLeft),
      ],
    },
  };
}
