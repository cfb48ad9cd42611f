import { expect, test } from "vitest";
import { tool } from "../../../tests/samples";
import {
  hasWhole,
  isAllowed,
  toolChoiceOf,
  toToolsConfig,
  unknownIn,
  withTool,
  withWhole,
} from "./toolChoice";

const READ = tool({ name: "read_file" });
const EXEC = tool({ name: "exec" });
const FIND = tool({ name: "mcp_docs_find", source: "mcp:docs" });
const LIST = tool({ name: "mcp_docs_list", source: "mcp:docs" });
const TOOLS = [READ, EXEC, FIND, LIST];
const allowed = (config: Record<string, unknown>) =>
  TOOLS.filter((it) => isAllowed(toolChoiceOf(config), it)).map(({ name }) => name);

test("an agent that chose no tool has none; what is denied is denied", () => {
  expect(allowed({})).toEqual([]);
  expect(allowed({ deny: ["exec"] })).toEqual([]);
  expect(allowed({ allow: ["*"], deny: ["exec", "mcp:docs"] })).toEqual(["read_file"]);
  expect(allowed({ allow: ["mcp:docs", "read_file"] })).toEqual([
    "read_file",
    "mcp_docs_find",
    "mcp_docs_list",
  ]);
});

test("ticking one tool changes that one, whatever stands in the lists", () => {
  const configs = [
    {},
    { allow: ["*"] },
    { allow: ["mcp:docs"], deny: ["mcp:docs"] },
    { allow: ["*"], deny: ["*"] },
  ];
  for (const config of configs) {
    for (const one of TOOLS) {
      for (const on of [true, false]) {
        const choice = toolChoiceOf(config);
        const next = withTool(choice, one, on, TOOLS);
        for (const it of TOOLS) expect(isAllowed(next, it)).toBe(it === one ? on : isAllowed(choice, it));
      }
    }
  }
});

test("a server's tools are taken as a whole and given up again", () => {
  const some = toolChoiceOf({ allow: ["read_file", "mcp_docs_find"] });
  const whole = withWhole(some, "mcp:docs", true, TOOLS);
  expect(whole).toEqual({ allow: ["read_file", "mcp:docs"], deny: [] });
  expect(hasWhole(whole, "mcp:docs")).toBe(true);
  expect(withWhole(whole, "mcp:docs", false, TOOLS)).toEqual({ allow: ["read_file"], deny: [] });
  const all = toolChoiceOf({ allow: ["*"] });
  expect(withWhole(all, "mcp:docs", false, TOOLS)).toEqual({ allow: ["*"], deny: ["mcp:docs"] });
});

test("what is not there now is kept, and shown", () => {
  const config = { allow: ["read_file", "mcp:gone", "mcp_gone_x"] };
  expect(unknownIn(toolChoiceOf(config), TOOLS)).toEqual(["mcp:gone", "mcp_gone_x"]);
  expect(toToolsConfig(toolChoiceOf(config), config)).toBe(config);
  expect(toToolsConfig({ allow: [], deny: [] }, config)).toEqual({});
});
