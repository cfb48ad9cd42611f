import type { BrowserContext, Page } from "playwright-core";

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

interface Watched {
  tasks: { start: number; ms: number }[];
  shift: number;
}

/** What a page did with the main thread and the layout since it was asked for. Times in milliseconds. */
export interface Measured {
  now: number;
  longest: number;
  /** The time beyond 50 ms of each long task: what somebody's press waits for. */
  blocking: number;
  shift: number;
}

/** Before the first script of every page: what happens earlier is not heard of. */
export async function watch(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const watched: Watched = { tasks: [], shift: 0 };
    Object.assign(window, { watched });
    new PerformanceObserver((list) => {
      for (const { startTime, duration } of list.getEntries())
        watched.tasks.push({ start: startTime, ms: duration });
    }).observe({ type: "longtask", buffered: true });
    new PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries() as Shift[])
        if (!hadRecentInput) watched.shift += value;
    }).observe({ type: "layout-shift", buffered: true });
  });
}

/** What was seen since `from`, in the page's own time. */
export function measured(page: Page, from = 0): Promise<Measured> {
  return page.evaluate((start) => {
    const { watched } = window as unknown as { watched: Watched };
    const tasks = watched.tasks.filter((task) => task.start >= start).map(({ ms }) => ms);
    return {
      now: performance.now(),
      longest: Math.max(0, ...tasks),
      blocking: tasks.reduce((sum, ms) => sum + Math.max(0, ms - 50), 0),
      shift: watched.shift,
    };
  }, from);
}

/** Bytes of script that come over the line from now on. */
export async function scriptBytes(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page);
  const scripts = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, type }) => {
    if (type === "Script") scripts.add(requestId);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await session.send("Network.enable");
  return () => bytes;
}

/** Milliseconds that scripts take from now on. */
export async function scriptTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const total = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "ScriptDuration")?.value ?? Number.NaN) * 1000;
  };
  const before = await total();
  return async () => (await total()) - before;
}
