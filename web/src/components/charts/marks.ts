import type uPlot from "uplot";
import type { ChartMark } from "./chart";
import type { ChartColours } from "./useChartColours";

const FONT_PX = 11;
const GAP_PX = 8;

/** Draws the marked moments, and their words where these do not touch each other. */
export function drawMarks(plot: uPlot, marks: readonly ChartMark[], colours: ChartColours) {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  let free = bbox.left;
  ctx.save();
  ctx.font = `${FONT_PX * ratio}px ${colours.font}`;
  ctx.textAlign = "left";
  ctx.textBaseline = "bottom";
  ctx.lineWidth = ratio;
  for (const mark of [...marks].sort((a, b) => a.at - b.at)) {
    const x = Math.round(plot.valToPos(mark.at, "x", true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = colours[mark.colour];
    ctx.setLineDash(mark.dashed ? [3 * ratio, 3 * ratio] : []);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    if (mark.quiet) continue;
    const width = ctx.measureText(mark.label).width;
    const start = Math.min(x - width / 2, bbox.left + bbox.width - width);
    if (start < free) continue;
    ctx.fillStyle = colours[mark.colour];
    ctx.fillText(mark.label, start, bbox.top - 3 * ratio);
    free = start + width + GAP_PX * ratio;
  }
  ctx.restore();
}
