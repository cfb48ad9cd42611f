import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { inject } from "vitest";
import { until } from "./until";

/** What more than one spec changes or depends on, in spec files that run side by side. */
export type Shared = "pool";

async function taken(file: string): Promise<boolean> {
  try {
    await (await open(file, "wx")).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Waits until no other spec has it, and gives what ends the turn. */
export async function takeTurn(shared: Shared): Promise<() => Promise<void>> {
  const file = join(inject("turns"), shared);
  await until(() => taken(file), `a turn with ${shared}`, 110_000);
  return () => rm(file);
}

/** Does it while no other spec has what is shared; at once where it needs nothing of that. */
export async function inTurn(shared: Shared | undefined, work: () => Promise<void>): Promise<void> {
  const done = shared && (await takeTurn(shared));
  try {
    await work();
  } finally {
    await done?.();
  }
}
