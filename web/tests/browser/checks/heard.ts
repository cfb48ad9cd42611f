import type { Page } from "playwright-core";

function strings(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(strings);
}

/** What the gateway told a page: names and messages that are the same in every language. */
export function hear(page: Page): () => Promise<ReadonlySet<string>> {
  const pending = new Set<Promise<unknown>>();
  const heard = new Set<string>();
  page.on("response", (response) => {
    if (!response.headers()["content-type"]?.includes("json")) return;
    const reading = response.json().then(
      (body) => {
        for (const each of strings(body)) heard.add(each.replace(/\s+/g, " ").trim());
      },
      // The page had left before the answer was complete.
      () => {},
    );
    pending.add(reading);
    void reading.then(() => pending.delete(reading));
  });
  return async () => {
    await Promise.all(pending);
    return heard;
  };
}
