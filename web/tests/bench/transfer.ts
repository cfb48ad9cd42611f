import { readFile, stat } from "node:fs/promises";

const DIST = new URL("../../dist/", import.meta.url);

interface Chunk {
  file: string;
  isEntry?: boolean;
  imports?: string[];
}

async function readManifest(): Promise<Record<string, Chunk>> {
  return JSON.parse(await readFile(new URL(".vite/manifest.json", DIST), "utf8"));
}

/** The build's file of that part of a language's words; the first words of English are in the entry. */
export async function wordsFile(language: string, part: "first" | "rest"): Promise<string> {
  const name = `src/i18n/locales/${language}.json?${part}`;
  const chunk = (await readManifest())[name];
  if (!chunk) throw new Error(`the build has no ${name}`);
  return chunk.file;
}

/** The scripts of the build that are needed before that page is drawn: the entry's, the page's, and what they import. */
export async function firstPaint(page: string): Promise<string[]> {
  const manifest = await readManifest();
  const files = new Set<string>();
  const add = (name: string) => {
    const chunk = manifest[name];
    if (!chunk) throw new Error(`the build has no ${name}`);
    if (files.has(chunk.file)) return;
    files.add(chunk.file);
    for (const each of chunk.imports ?? []) add(each);
  };
  for (const [name, { isEntry }] of Object.entries(manifest)) if (isEntry) add(name);
  add(page);
  return [...files];
}

/** Bytes of a file of the build as it is sent: with Brotli, where that is worth it. */
export async function transferSize(file: string): Promise<number> {
  const compressed = await stat(new URL(`${file}.br`, DIST)).catch(() => null);
  return (compressed ?? (await stat(new URL(file, DIST)))).size;
}
