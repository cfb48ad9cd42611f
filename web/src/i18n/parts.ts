/**
 * A language is one file, and comes in two parts: what the frame of all pages and the Overview say, which is there before
 * the first paint, and the rest, which comes with the first other page. These are the keys of the first part, each with
 * all that is below it. A test holds them to what the code of the first paint names.
 */
export const FIRST = [
  "access",
  "account.title",
  "activity.title",
  "agents.title",
  "charts",
  "chat.title",
  "common",
  "connection",
  "errors",
  "faults.*.title",
  "incident",
  "keys.title",
  "live",
  "mcp.title",
  "not_found",
  "overview",
  "page_error",
  "palette.open",
  "palette.placeholder",
  "palette.title",
  "pools.title",
  "providers.state",
  "providers.title",
  "quota.kind",
  "quota.level",
  "quota.metered",
  "quota.source",
  "quota.unknown",
  "requests.direct",
  "requests.empty",
  "requests.empty_action",
  "requests.empty_title",
  "requests.failed_before",
  "requests.failover",
  "requests.status",
  "requests.title",
  "requests.tokens_detail",
  "requests.tokens_in_out",
  "settings.roles",
  "settings.title",
  "shell",
  "shortcuts.help",
  "shortcuts.palette",
  "sign_in.reason",
  "snippets",
  "steps",
  "tenants.title",
  "toasts",
  "usage.title",
  "users.title",
] as const;

/** The words of a language, or of a part of it. */
export interface Words {
  [key: string]: string | Words;
}

export type Part = "first" | "rest";

const PATTERNS = FIRST.map((key) => key.split("."));

function isFirst(path: readonly string[]): boolean {
  return PATTERNS.some(
    (pattern) =>
      pattern.length <= path.length && pattern.every((name, at) => name === "*" || name === path[at]),
  );
}

/** That part of a language's words; the two have no key in common and together have all. */
export function partOf(words: Words, part: Part, above: readonly string[] = []): Words {
  const kept = Object.entries(words).flatMap(([name, value]): [string, string | Words][] => {
    const path = [...above, name];
    if (typeof value === "string") return isFirst(path) === (part === "first") ? [[name, value]] : [];
    const below = partOf(value, part, path);
    return Object.keys(below).length > 0 ? [[name, below]] : [];
  });
  return Object.fromEntries(kept);
}
