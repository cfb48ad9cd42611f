import { expect, test } from "vitest";
import { user } from "../../../tests/samples";
import { toInvitation } from "./inviteDraft";
import { disableBar, isLastOwner, removeBar, roleBar } from "./rules";

const ada = user();
const bob = user({ id: "bob", email: "bob@example.com", role: "admin", is_owner: false });
const eve = user({ id: "eve", email: "eve@example.com" });
const owner = { id: "ada", role: "owner" } as const;

test("the last owner stays one; a disabled one does not count", () => {
  expect(isLastOwner(ada, [ada, bob])).toBe(true);
  expect(isLastOwner(ada, [ada, eve])).toBe(false);
  expect(isLastOwner(ada, [ada, { ...eve, disabled: true }])).toBe(true);
  expect(roleBar(ada, [ada, bob], owner)).toBe("last_owner");
});

test("nobody removes themselves, though they may step down", () => {
  expect(removeBar(ada, [ada, eve], owner)).toBe("self");
  expect(roleBar(ada, [ada, eve], owner)).toBeNull();
});

test("who stands above is out of reach", () => {
  const admin = { id: "bob", role: "admin" } as const;
  expect(roleBar(ada, [ada, bob, eve], admin)).toBe("higher");
  expect(removeBar(bob, [ada, bob], { id: null, role: "admin" })).toBeNull();
});

test("an owner is not disabled", () => {
  expect(disableBar(eve, [ada, eve], owner)).toBe("owner");
  expect(disableBar(bob, [ada, bob], owner)).toBeNull();
});

test("an invitation says what its kind needs", () => {
  const draft = { kind: "member", email: " ", role: "viewer", provider: "x", hours: 72 } as const;
  expect(toInvitation(draft)).toEqual({ kind: "member", role: "viewer", expires_in_hours: 72 });
  expect(toInvitation({ ...draft, kind: "connect", provider: " codex-new " })).toEqual({
    kind: "connect",
    provider_name: "codex-new",
    expires_in_hours: 72,
  });
});
