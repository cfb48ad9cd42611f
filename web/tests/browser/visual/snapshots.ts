import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { decoded, difference, encoded, type Picture } from "./picture";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const SNAPSHOTS = join(HERE, "snapshots");
const RESULTS = join(HERE, "../../../test-results/visual");
const UPDATE = process.env.UPDATE_SNAPSHOTS === "1";
const WHAT_TO_DO = "UPDATE_SNAPSHOTS=1 npm run test:browser -- visual keeps what is meant to be so";
/** A page that has stayed as it is for so long is whole: it differs because it differs. */
const STILL_MS = 2_000;

/** Pictures by their names: a folder and a file without its ending. */
export type Album = Map<string, Picture>;

async function write(file: string, picture: Picture): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, encoded(picture));
}

const kept = (name: string): Promise<Picture | null> =>
  readFile(join(SNAPSHOTS, `${name}.png`)).then(decoded, () => null);

/** The names of the pictures that are kept in a folder. */
export async function keptIn(folder: string): Promise<string[]> {
  const files = await readdir(join(SNAPSHOTS, folder)).catch(() => []);
  return files.map((file) => `${folder}/${file.replace(/\.png$/, "")}`).toSorted();
}

/** Those of the pictures that do not show what is kept. */
export async function changed(album: Album): Promise<string[]> {
  const names: string[] = [];
  for (const [name, picture] of album) {
    const before = await kept(name);
    if (!before || difference(before, picture)) names.push(name);
  }
  return names;
}

/** Photographs until the page shows what is kept, or stays as it is; gives the last pictures and which of them are changed. */
async function patiently(shoot: () => Promise<Album>): Promise<{ album: Album; names: string[] }> {
  let album: Album = new Map();
  let since = 0;
  for (;;) {
    const now = await shoot();
    const names = await changed(now);
    if (names.length === 0) return { album: now, names };
    const stays =
      now.size === album.size && [...now].every(([name, { data }]) => album.get(name)?.data.equals(data));
    if (!stays) since = Date.now();
    else if (Date.now() - since > STILL_MS) return { album: now, names };
    album = now;
  }
}

async function told(name: string, actual: Picture): Promise<string> {
  const before = await kept(name);
  const found = before ? difference(before, actual) : null;
  const files = { expected: before, actual, difference: found?.picture };
  for (const [what, picture] of Object.entries(files))
    if (picture) await write(join(RESULTS, `${name}.${what}.png`), picture);
  const why = before ? found?.why : "there is no such picture yet";
  return `${name}: ${why}; see ${join(RESULTS, name)}.*.png. ${WHAT_TO_DO}`;
}

/**
 * What no longer looks as it did, in words that name the pictures to look at. With `UPDATE_SNAPSHOTS=1` it is kept from
 * now on instead.
 */
export async function flaws(shoot: () => Promise<Album>): Promise<string[]> {
  const { album, names } = await patiently(shoot);
  const found: string[] = [];
  for (const name of names) {
    const picture = album.get(name) as Picture;
    if (UPDATE) await write(join(SNAPSHOTS, `${name}.png`), picture);
    else found.push(await told(name, picture));
  }
  return found;
}
