/**
 * A QR code (ISO/IEC 18004) of a short text: byte mode, error correction level M, versions 1 to 15 (412 bytes).
 * The secret that it holds leaves the page for nobody, so it is drawn here.
 */

const ECC_PER_BLOCK = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24];
const BLOCKS = [1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];

type Grid = boolean[][];

/** Rows of modules, `true` is dark; `null` when the text is too long. */
export function qrCode(text: string): Grid | null {
  const bytes = [...new TextEncoder().encode(text)];
  const version = BLOCKS.findIndex((_, index) => fits(bytes.length, index + 1)) + 1;
  if (version === 0) return null;
  const codewords = interleave(dataCodewords(bytes, version), version);
  const candidates = MASKS.map((_, mask) => draw(codewords, version, mask));
  const penalties = candidates.map(penalty);
  return candidates[penalties.indexOf(Math.min(...penalties))] ?? null;
}

const sizeOf = (version: number) => version * 4 + 17;
const at = <T>(list: readonly T[], index: number): T => list[index] as T;

/** All modules that are no pattern, in bits. */
function rawBits(version: number): number {
  const aligns = Math.floor(version / 7) + 2;
  const plain = (16 * version + 128) * version + 64;
  if (version === 1) return plain;
  return plain - ((25 * aligns - 10) * aligns - 55) - (version >= 7 ? 36 : 0);
}

function dataLength(version: number): number {
  return Math.floor(rawBits(version) / 8) - at(ECC_PER_BLOCK, version - 1) * at(BLOCKS, version - 1);
}

const countBits = (version: number) => (version < 10 ? 8 : 16);
const fits = (length: number, version: number) =>
  4 + countBits(version) + length * 8 <= dataLength(version) * 8;

function dataCodewords(bytes: number[], version: number): number[] {
  const bits: number[] = [];
  const put = (value: number, length: number) => {
    for (let bit = length - 1; bit >= 0; bit -= 1) bits.push((value >>> bit) & 1);
  };
  put(0b0100, 4);
  put(bytes.length, countBits(version));
  for (const byte of bytes) put(byte, 8);
  const capacity = dataLength(version) * 8;
  put(0, Math.min(4, capacity - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let pad = 0xec; bits.length < capacity; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: capacity / 8 }, (_, index) =>
    bits.slice(index * 8, index * 8 + 8).reduce((value, bit) => (value << 1) | bit, 0),
  );
}

/** In the field of 256 elements over x⁸+x⁴+x³+x²+1. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >>> 7) * 0x11d);
    product ^= ((b >>> bit) & 1) * a;
  }
  return product;
}

function divisor(degree: number): number[] {
  const result: number[] = Array.from({ length: degree }, (_, index) => (index === degree - 1 ? 1 : 0));
  let root = 1;
  for (let round = 0; round < degree; round += 1) {
    for (let index = 0; index < degree; index += 1)
      result[index] = multiply(at(result, index), root) ^ (result[index + 1] ?? 0);
    root = multiply(root, 2);
  }
  return result;
}

function remainder(data: number[], by: number[]): number[] {
  const result = by.map(() => 0);
  for (const byte of data) {
    const factor = byte ^ (result.shift() ?? 0);
    result.push(0);
    for (const [index, each] of by.entries()) result[index] = at(result, index) ^ multiply(each, factor);
  }
  return result;
}

/** The blocks' codewords by turns, then those of their error correction. */
function interleave(data: number[], version: number): number[] {
  const blocks = at(BLOCKS, version - 1);
  const raw = Math.floor(rawBits(version) / 8);
  const by = divisor(at(ECC_PER_BLOCK, version - 1));
  const short = Math.floor(raw / blocks) - by.length;
  const shortBlocks = blocks - (raw % blocks);
  let place = 0;
  const parts = Array.from({ length: blocks }, (_, block) => {
    const part = data.slice(place, place + short + (block < shortBlocks ? 0 : 1));
    place += part.length;
    return { part, ecc: remainder(part, by) };
  });
  const turns = (list: number[][], length: number) =>
    Array.from({ length }, (_, index) => list.flatMap((each) => each[index] ?? [])).flat();
  return [
    ...turns(
      parts.map(({ part }) => part),
      short + 1,
    ),
    ...turns(
      parts.map(({ ecc }) => ecc),
      by.length,
    ),
  ];
}

const MASKS: ((x: number, y: number) => boolean)[] = [
  (x, y) => (x + y) % 2 === 0,
  (_, y) => y % 2 === 0,
  (x) => x % 3 === 0,
  (x, y) => (x + y) % 3 === 0,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0,
  (x, y) => ((x * y) % 2) + ((x * y) % 3) === 0,
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2 === 0,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2 === 0,
];

function alignments(version: number): number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const size = sizeOf(version);
  const step = Math.ceil((size - 13) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, index) => size - 7 - step * (count - 2 - index))];
}

/** `value` with its check bits by `generator`, which has `degree` of them. */
function checked(value: number, generator: number, degree: number): number {
  let rest = value;
  for (let round = 0; round < degree; round += 1) rest = (rest << 1) ^ ((rest >>> (degree - 1)) * generator);
  return (value << degree) | rest;
}

function draw(codewords: number[], version: number, mask: number): Grid {
  const size = sizeOf(version);
  const grid: (boolean | null)[][] = Array.from({ length: size }, () => Array(size).fill(null));
  const set = (x: number, y: number, dark: boolean) => {
    const row = grid[y];
    if (row && x >= 0 && x < size) row[x] = dark;
  };
  for (let index = 0; index < size; index += 1) {
    set(6, index, index % 2 === 0);
    set(index, 6, index % 2 === 0);
  }
  const aligned = alignments(version);
  const last = aligned.length - 1;
  for (const [row, y] of aligned.entries())
    for (const [column, x] of aligned.entries()) {
      const corner = (row === 0 && (column === 0 || column === last)) || (row === last && column === 0);
      if (!corner) ring(set, x, y, 2, [1]);
    }
  for (const [x, y] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const)
    ring(set, x, y, 4, [2, 4]);
  format(set, size, mask);
  if (version >= 7) {
    const bits = checked(version, 0x1f25, 12);
    for (let index = 0; index < 18; index += 1) {
      const [a, b] = [size - 11 + (index % 3), Math.floor(index / 3)];
      set(a, b, ((bits >>> index) & 1) === 1);
      set(b, a, ((bits >>> index) & 1) === 1);
    }
  }
  const hidden = at(MASKS, mask);
  let bit = 0;
  for (let pair = size - 1; pair >= 1; pair -= 2) {
    // The column of the timing pattern is left out.
    const right = pair <= 6 ? pair - 1 : pair;
    const upward = ((pair <= 6 ? pair : pair + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      const y = upward ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (grid[y]?.[x] !== null) continue;
        const dark = (((codewords[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1;
        set(x, y, dark !== hidden(x, y));
        bit += 1;
      }
    }
  }
  return grid as Grid;
}

/** A square pattern around its middle; the rings at the distances in `light` are light. */
function ring(
  set: (x: number, y: number, dark: boolean) => void,
  x: number,
  y: number,
  radius: number,
  light: number[],
) {
  for (let dy = -radius; dy <= radius; dy += 1)
    for (let dx = -radius; dx <= radius; dx += 1)
      set(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
}

/** Level M is 0 in the two bits above the mask. */
function format(set: (x: number, y: number, dark: boolean) => void, size: number, mask: number) {
  const bits = checked(mask, 0x537, 10) ^ 0x5412;
  for (let index = 0; index < 15; index += 1) {
    const dark = ((bits >>> index) & 1) === 1;
    if (index < 6) set(8, index, dark);
    else if (index < 8) set(8, index + 1, dark);
    else if (index === 8) set(7, 8, dark);
    else set(14 - index, 8, dark);
    if (index < 8) set(size - 1 - index, 8, dark);
    else set(8, size - 15 + index, dark);
  }
  set(8, size - 8, true);
}

/** How hard a mask makes it to read: long runs, blocks of one colour, and much more of one than of the other. */
function penalty(grid: Grid): number {
  const size = grid.length;
  const columns = grid.map((_, x) => grid.map((row) => at(row, x)));
  let sum = 0;
  for (const line of [...grid, ...columns]) {
    let run = 0;
    for (let index = 0; index < size; index += 1) {
      run = index > 0 && line[index] === line[index - 1] ? run + 1 : 1;
      if (run === 5) sum += 3;
      else if (run > 5) sum += 1;
    }
  }
  for (let y = 1; y < size; y += 1)
    for (let x = 1; x < size; x += 1) {
      const colour = grid[y]?.[x];
      if (grid[y - 1]?.[x] === colour && grid[y]?.[x - 1] === colour && grid[y - 1]?.[x - 1] === colour)
        sum += 3;
    }
  const dark = grid.flat().filter(Boolean).length;
  return sum + Math.floor(Math.abs((dark * 20) / (size * size) - 10)) * 10;
}
