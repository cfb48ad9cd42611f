/** Numbers as a font file has them, of two bytes each and of four. */
const short = (...values: number[]) =>
  Buffer.from(values.flatMap((each) => [(each >> 8) & 0xff, each & 0xff]));
const long = (...values: number[]) => Buffer.concat(values.map((each) => short(each >>> 16, each)));
const zeros = (bytes: number) => Buffer.alloc(bytes);

const EM = 1000;
const [ASCENT, DESCENT] = [900, -200];
/** About what a letter takes in the fonts that systems have. */
const WIDTH = 520;
const [LEFT, RIGHT] = [50, 470];
const VERSION = 0x10000;

const [BLANK, BAR] = [1, 2];
const LETTERS: [first: number, last: number, glyph: number][] = [
  [0x00, 0x20, BLANK],
  [0x21, 0x9f, BAR],
  [0xa0, 0xa0, BLANK],
  [0xa1, 0x1fff, BAR],
  [0x2000, 0x200f, BLANK],
  [0x2010, 0x10ffff, BAR],
];

/** A font (TrueType) that has every letter, each as the same bar of this height, in thousandths of the letter's size. */
export function barFont(height: number): Buffer {
  const box = short(LEFT, 0, RIGHT, height);
  const onCurve = Buffer.alloc(4, 1);
  const bar = Buffer.concat([
    short(1),
    box,
    short(3, 0),
    onCurve,
    short(LEFT, 0, RIGHT - LEFT, 0),
    short(0, height, 0, -height),
  ]);
  // Of the letters, groups in which all look the same (format 13).
  const groups = Buffer.concat(LETTERS.map((group) => long(...group)));
  const tables: Record<string, Buffer> = {
    "OS/2": zeros(78),
    cmap: Buffer.concat([
      short(0, 1, 3, 10),
      long(12),
      short(13, 0),
      long(16 + groups.length, 0, LETTERS.length),
      groups,
    ]),
    glyf: bar,
    head: Buffer.concat([
      long(VERSION, VERSION, 0, 0x5f0f3cf5),
      short(0, EM),
      zeros(16),
      box,
      short(0, 1, 2, 0, 0),
    ]),
    hhea: Buffer.concat([long(VERSION), short(ASCENT, DESCENT, 0, WIDTH), zeros(22), short(1)]),
    hmtx: short(WIDTH, 0, 0, LEFT),
    loca: short(0, 0, 0, bar.length / 2),
    maxp: Buffer.concat([long(VERSION), short(3, 4, 1, 0, 0, 2), zeros(16)]),
    name: short(0, 0, 6),
    post: Buffer.concat([long(0x30000), zeros(28)]),
  };
  const names = Object.keys(tables);
  let offset = 12 + 16 * names.length;
  const directory: Buffer[] = [];
  const contents: Buffer[] = [];
  for (const [name, table] of Object.entries(tables)) {
    directory.push(Buffer.from(name), long(0, offset, table.length));
    const padded = Buffer.concat([table, zeros(-table.length & 3)]);
    contents.push(padded);
    offset += padded.length;
  }
  return Buffer.concat([long(VERSION), short(names.length, 128, 3, 32), ...directory, ...contents]);
}
