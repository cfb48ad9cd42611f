import type { Tool } from "@/api/loop";

/** `tools_config` of an agent: names, `mcp:<server>` and `*`. What is denied is denied, whatever is allowed. */
export interface ToolChoice {
  allow: string[];
  deny: string[];
}

export const ALL = "*";

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((it) => typeof it === "string") : [];

export function toolChoiceOf(config: Record<string, unknown>): ToolChoice {
  return { allow: names(config.allow), deny: names(config.deny) };
}

const same = (one: string[], other: string[]) => one.join("\n") === other.join("\n");

/** What to send; an agent whose tools were not touched keeps its object as it is. */
export function toToolsConfig(choice: ToolChoice, before: Record<string, unknown>): Record<string, unknown> {
  const old = toolChoiceOf(before);
  if (same(old.allow, choice.allow) && same(old.deny, choice.deny)) return before;
  return {
    ...(choice.allow.length > 0 && { allow: choice.allow }),
    ...(choice.deny.length > 0 && { deny: choice.deny }),
  };
}

type Named = Pick<Tool, "name" | "source">;

const matches = (pattern: string, { name, source }: Named) =>
  pattern === ALL || pattern === name || (pattern.startsWith("mcp:") && pattern === source);

export function isAllowed({ allow, deny }: ToolChoice, tool: Named): boolean {
  return !deny.some((it) => matches(it, tool)) && allow.some((it) => matches(it, tool));
}

const without = (list: string[], ...gone: string[]) => list.filter((it) => !gone.includes(it));

/** Ticks or unticks one tool, and leaves every other as it was. */
export function withTool(choice: ToolChoice, tool: Named, on: boolean, all: readonly Named[]): ToolChoice {
  if (!on) {
    const allow = without(choice.allow, tool.name);
    const still = isAllowed({ allow, deny: choice.deny }, tool);
    return { allow, deny: still ? [...choice.deny, tool.name] : choice.deny };
  }
  // A pattern that denies it makes place for the names of the others that it denies.
  const deny = choice.deny.flatMap((pattern) =>
    matches(pattern, tool)
      ? all.filter((it) => it.name !== tool.name && matches(pattern, it)).map((it) => it.name)
      : [pattern],
  );
  const next = { allow: choice.allow, deny: [...new Set(deny)] };
  return isAllowed(next, tool) ? next : { ...next, allow: [...next.allow, tool.name] };
}

/** Whether all tools of a source are allowed, those included that it will have one day. */
export function hasWhole({ allow, deny }: ToolChoice, pattern: string): boolean {
  const denied = deny.includes(pattern) || deny.includes(ALL);
  return !denied && (allow.includes(pattern) || allow.includes(ALL));
}

/** Ticks or unticks a whole source (`mcp:<server>`), or everything (`*`). */
export function withWhole(
  choice: ToolChoice,
  pattern: string,
  on: boolean,
  all: readonly Named[],
): ToolChoice {
  const its = all.filter((it) => matches(pattern, it)).map(({ name }) => name);
  const kept = { allow: without(choice.allow, pattern, ...its), deny: without(choice.deny, pattern, ...its) };
  if (on) return { allow: [...kept.allow, pattern], deny: without(kept.deny, ALL) };
  return kept.allow.includes(ALL) ? { ...kept, deny: [...kept.deny, pattern] } : kept;
}

/** What is allowed and not to be seen now, such as tools of a server that is not there. */
export function unknownIn({ allow }: ToolChoice, all: readonly Named[]): string[] {
  return allow.filter((pattern) => pattern !== ALL && !all.some((it) => matches(pattern, it)));
}

/** Built-in tools first, then one group a server. */
export function toolGroups(tools: readonly Tool[]): [source: string, tools: Tool[]][] {
  const groups = new Map<string, Tool[]>();
  for (const tool of tools) groups.set(tool.source, [...(groups.get(tool.source) ?? []), tool]);
  return [...groups].sort(([one], [other]) => Number(other === "builtin") - Number(one === "builtin"));
}
