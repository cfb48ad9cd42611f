/** What models take, and what fits into one request with its others. */
export const IMAGE_TYPES = ["image/png", "image/jpeg", "image/webp", "image/gif"];
export const MOST_BYTES = 5 * 1024 * 1024;
export const MOST_IMAGES = 4;

export type Refusal = "type" | "size" | "count";

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error(file.name));
    reader.readAsDataURL(file);
  });
}

function refusalOf(file: File, place: number): Refusal | null {
  if (!IMAGE_TYPES.includes(file.type)) return "type";
  if (file.size > MOST_BYTES) return "size";
  return place >= MOST_IMAGES ? "count" : null;
}

/** The pictures that can go along with `already` others, as data URLs; and why the rest cannot. */
export async function readImages(files: readonly File[], already: number) {
  const taken: File[] = [];
  const refused: { name: string; why: Refusal }[] = [];
  for (const file of files) {
    const why = refusalOf(file, already + taken.length);
    if (why === null) taken.push(file);
    else refused.push({ name: file.name, why });
  }
  return { images: await Promise.all(taken.map(dataUrl)), refused };
}
