import { createStore, useStore } from "./store";
import { readStored, writeStored } from "./stored";

export const DENSITIES = ["comfortable", "compact"] as const;
export type Density = (typeof DENSITIES)[number];

const density = createStore<Density>(readStored("density") === "compact" ? "compact" : "comfortable");

export function setDensity(next: Density) {
  writeStored("density", next);
  density.set(next);
}

/** How close the rows of tables stand to each other. */
export function useDensity(): Density {
  return useStore(density);
}
