import type { Reading } from "./chart";

interface Ends {
  min?: number | undefined;
  max?: number | undefined;
}

const WIDTH = 100;
const HEIGHT = 30;
/** So that the line's own thickness stays inside. */
const EDGE = 2;

/** One path for each stretch of known values, in a box of 100 by 30. */
export function sparkPaths(values: readonly Reading[], ends: Ends = {}): string[] {
  const known = values.filter((value) => value !== null);
  const low = ends.min ?? Math.min(...known);
  const high = ends.max ?? Math.max(...known);
  const room = high - low;
  const x = (index: number) => (values.length > 1 ? (index / (values.length - 1)) * WIDTH : WIDTH / 2);
  const y = (value: number) =>
    room === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) / room) * (HEIGHT - 2 * EDGE);
  const round = (value: number) => Math.round(value * 10) / 10;
  const paths: string[] = [];
  let path = "";
  for (const [index, value] of [...values, null].entries()) {
    if (value !== null) path += `${path ? " L" : "M"} ${round(x(index))} ${round(y(value))}`;
    else if (path) {
      // A lone point is drawn as a dot: a line to itself with round ends.
      paths.push(path.includes("L") ? path : `${path} h 0.01`);
      path = "";
    }
  }
  return paths;
}
