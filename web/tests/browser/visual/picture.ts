import { PNG } from "pngjs";

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Picture {
  width: number;
  height: number;
  data: Buffer;
}

/** Pixels of a page, in a row, that become one: how edges are smoothed is no longer seen. */
const REDUCTION = 4;
/** By how much one of the three colours, of 255, has to differ. */
const THRESHOLD = 6;
/** Pixels that may differ all the same. */
const STRAY = 3;

/** Each pixel the mean of a square of the original. */
export function reduced(original: Picture, box: Box = { x: 0, y: 0, ...original }): Picture {
  const width = Math.floor(box.width / REDUCTION);
  const height = Math.floor(box.height / REDUCTION);
  const data = Buffer.alloc(width * height * 4, 255);
  const [left, top] = [Math.floor(box.x), Math.floor(box.y)];
  for (let y = 0; y < height; y += 1)
    for (let x = 0; x < width; x += 1)
      for (let channel = 0; channel < 3; channel += 1) {
        let sum = 0;
        for (let down = 0; down < REDUCTION; down += 1)
          for (let right = 0; right < REDUCTION; right += 1) {
            const row = top + y * REDUCTION + down;
            const column = left + x * REDUCTION + right;
            sum += original.data[(row * original.width + column) * 4 + channel] ?? 255;
          }
        data[(y * width + x) * 4 + channel] = Math.round(sum / REDUCTION ** 2);
      }
  return { width, height, data };
}

export interface Difference {
  why: string;
  /** The first of the two, paler, and in red what differs. */
  picture?: Picture;
}

const RED = [220, 0, 0];

/** What two reduced pictures do not have in common; null when they show the same. */
export function difference(wanted: Picture, actual: Picture): Difference | null {
  const { width, height } = wanted;
  if (width !== actual.width || height !== actual.height)
    return { why: `${actual.width} × ${actual.height} pixels instead of ${width} × ${height}` };
  const data = Buffer.alloc(wanted.data.length, 255);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) {
    const colours = [at, at + 1, at + 2];
    const by = colours.map((each) => Math.abs((wanted.data[each] ?? 0) - (actual.data[each] ?? 0)));
    const differs = Math.max(...by) > THRESHOLD;
    if (differs) count += 1;
    for (const [channel, each] of colours.entries())
      data[each] = differs ? (RED[channel] ?? 0) : 190 + (wanted.data[each] ?? 0) / 4;
  }
  if (count <= STRAY) return null;
  return { why: `${count} pixels differ; ${STRAY} may`, picture: { width, height, data } };
}

export function decoded(png: Buffer): Picture {
  return PNG.sync.read(png);
}

export function encoded({ width, height, data }: Picture): Buffer {
  const png = new PNG({ width, height });
  data.copy(png.data);
  return PNG.sync.write(png, { deflateLevel: 9, colorType: 2 });
}
