/** One value that is not as it was. */
export interface Change {
  /** Where it stands, "settings.codex_pool.strategy"; empty when the whole is one value. */
  path: string;
  kind: "added" | "removed" | "changed";
  before?: string;
  after?: string;
}

type Leaves = Map<string, string>;

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** All values with their paths. A list is one value: its parts have no names of their own. */
function leaves(value: unknown, path = "", into: Leaves = new Map()): Leaves {
  if (value === undefined || (value === null && path === "")) return into;
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0 && path !== "") into.set(path, "{}");
    for (const [name, each] of entries) leaves(each, path === "" ? name : `${path}.${name}`, into);
  } else {
    into.set(path, shown(value));
  }
  return into;
}

/** What is different between the two, in the order in which it stands there. */
export function difference(before: unknown, after: unknown): Change[] {
  const old = leaves(before);
  const now = leaves(after);
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((path): Change[] => {
    const was = old.get(path);
    const is = now.get(path);
    if (was === is) return [];
    if (was === undefined) return [{ path, kind: "added", after: is }];
    if (is === undefined) return [{ path, kind: "removed", before: was }];
    return [{ path, kind: "changed", before: was, after: is }];
  });
}
