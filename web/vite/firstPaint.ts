import { fileURLToPath } from "node:url";
import type { Rolldown } from "vite";

const ROOTS = ["main.tsx", "routes/overview.tsx"].map((name) =>
  fileURLToPath(new URL(`../src/${name}`, import.meta.url)),
);

/**
 * Puts what the first paint shares with other pages into one file. Left alone it becomes some thirty: each is asked for
 * on its own, most are too small to be compressed, and together they are a fourth larger.
 */
export function sharedByFirstPaint(): (id: string, graph: Graph) => string | null {
  let needed: Set<string> | undefined;
  return (id, graph) => {
    needed ??= reachable(graph);
    return needed.has(id) ? "shared" : null;
  };
}

interface Graph {
  getModuleInfo: (id: string) => Pick<Rolldown.ModuleInfo, "importedIds"> | null;
}

/** What is imported by the roots, and by that; not what is only imported later. */
function reachable(graph: Graph): Set<string> {
  const found = new Set<string>();
  const add = (id: string) => {
    if (found.has(id)) return;
    found.add(id);
    // The list is used again for the next module.
    for (const each of [...(graph.getModuleInfo(id)?.importedIds ?? [])]) add(each);
  };
  for (const root of ROOTS) add(root);
  return found;
}
