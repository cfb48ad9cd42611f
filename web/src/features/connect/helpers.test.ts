import { expect, test } from "vitest";
import { freeSlug, SLUG } from "@/components/slug";
import { parseAuthJson } from "./authJson";
import { tunnelCommand } from "./tunnel";

test("the tunnel line names the host that this page came from", () => {
  expect(tunnelCommand("gateway.example.com", "1455")).toBe("ssh -L 1455:localhost:1455 gateway.example.com");
});

test("on the same machine the tunnel line leaves the host to be filled in", () => {
  expect(tunnelCommand("127.0.0.1", "1457")).toBe("ssh -L 1457:localhost:1457 <host>");
});

test("only a JSON object is an auth.json", () => {
  expect(parseAuthJson('{"tokens":{}}')).toEqual({ tokens: {} });
  for (const text of ["", "[]", "null", '"text"', "{"]) expect(parseAuthJson(text)).toBeNull();
});

test("the suggested name is the first that is free", () => {
  expect(freeSlug("openai-codex", [])).toBe("openai-codex");
  expect(freeSlug("openai-codex", ["openai-codex", "openai-codex-2"])).toBe("openai-codex-3");
});

test("names are lower-case words joined by hyphens", () => {
  for (const good of ["a", "codex-2", "openai-codex"]) expect(good).toMatch(SLUG);
  for (const bad of ["", "A", "a_b", "-a", "a-", "a--b", "a/b"]) expect(bad).not.toMatch(SLUG);
});
