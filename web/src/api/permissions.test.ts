import { expect, test } from "vitest";
import { accessAs, accessOf, atLeast, LEAST, PERMISSIONS, ROLES, roleMay } from "./permissions";

test("a viewer reads and nothing else; an owner may everything", () => {
  expect(PERMISSIONS.filter((each) => roleMay("viewer", each))).toEqual(["read"]);
  expect(PERMISSIONS.every((each) => roleMay("owner", each))).toBe(true);
});

test("who stands higher may all that those below may", () => {
  for (const permission of PERMISSIONS) {
    const may = ROLES.map((role) => roleMay(role, permission));
    expect([permission, may]).toEqual([permission, [...may].sort((a, b) => Number(a) - Number(b))]);
    expect(ROLES[may.indexOf(true)]).toBe(LEAST[permission]);
  }
});

test("what runs programs on the gateway's machine takes an owner, and so do tenants", () => {
  expect(PERMISSIONS.filter((each) => !roleMay("admin", each))).toEqual(["run_programs", "manage_tenants"]);
});

test("the session's own word counts, and a role's by the table where there is none", () => {
  expect([...accessOf({ role: "admin", permissions: ["read"] }).permissions]).toEqual(["read"]);
  expect(accessAs("operator").permissions.has("manage_agents")).toBe(true);
  expect(accessAs("operator").permissions.has("manage_keys")).toBe(false);
});

test("a role is at least itself", () => {
  expect(ROLES.every((role) => atLeast(role, role))).toBe(true);
  expect(atLeast("admin", "owner")).toBe(false);
});

test("what each role may is tried in a browser", () => {
  const tried = Object.keys(import.meta.glob("../../tests/browser/roles-*.spec.ts"));
  const roles = tried.map((path) => path.replace(/^.*roles-|\.spec\.ts$/g, ""));
  expect(roles.sort()).toEqual([...ROLES].sort());
});
