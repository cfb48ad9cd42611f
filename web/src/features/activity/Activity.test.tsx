import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { toActivityQuery } from "@/hooks/useActivity";
import { activitySearch } from "@/routes/search";
import { renderInApp } from "../../../tests/render";
import { activityEntry } from "../../../tests/samples";
import { difference } from "./difference";
import { EntryTable } from "./EntryTable";

test("what is different is named by its path, and what is not is left out", () => {
  const before = { name: "a", settings: { pool: { strategy: "round_robin", list: [1, 2] } }, gone: 1 };
  const after = { name: "a", settings: { pool: { strategy: "quota_aware", list: [1, 3] } }, fresh: null };
  expect(difference(before, after)).toEqual([
    { path: "settings.pool.strategy", kind: "changed", before: "round_robin", after: "quota_aware" },
    { path: "settings.pool.list", kind: "changed", before: "[1,2]", after: "[1,3]" },
    { path: "gone", kind: "removed", before: "1" },
    { path: "fresh", kind: "added", after: "null" },
  ]);
});

test("something new has everything added, something deleted everything removed", () => {
  expect(difference(null, { a: 1 })).toEqual([{ path: "a", kind: "added", after: "1" }]);
  expect(difference({ a: 1 }, undefined)).toEqual([{ path: "a", kind: "removed", before: "1" }]);
  expect(difference("x", "y")).toEqual([{ path: "", kind: "changed", before: "x", after: "y" }]);
});

test("an entry opens to its difference, with its hash and its request", async () => {
  await renderInApp(<EntryTable rows={[activityEntry()]} />);
  expect(screen.getByText("provider.update")).toBeVisible();
  expect(screen.queryByText("enabled")).toBeNull();
  const button = screen.getByRole("button", { name: "Details of change 7" });
  await userEvent.setup().click(button);
  expect(button).toHaveAttribute("aria-expanded", "true");
  expect(screen.getByText("enabled")).toBeVisible();
  expect(screen.getByRole("deletion")).toHaveTextContent("true");
  expect(screen.getByRole("insertion")).toHaveTextContent("false");
  expect(screen.getByText("Request r1")).toBeVisible();
});

test("of a long log only the entries in sight are in the page", async () => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(40);
  const rows = Array.from({ length: 10_000 }, (_, index) =>
    activityEntry({ id: `e${index}`, seq: 10_000 - index }),
  );
  await renderInApp(<EntryTable rows={rows} />);
  const shown = document.querySelectorAll("tr[data-entry]");
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.length).toBeLessThan(100);
  expect(screen.getByRole("table")).toHaveAttribute("aria-rowcount", "10001");
});

test("every address in an entry can be blurred, also where it was a value", async () => {
  const address = "ada@example.com";
  const entry = activityEntry({
    actor: { kind: "user", id: "u1", name: address, address: "127.0.0.1" },
    object: { type: "user", id: "u2", name: "bob@example.com" },
    before: { email: address, tags: [address] },
    after: { email: "eve@example.com", tags: [] },
  });
  await renderInApp(<EntryTable rows={[entry]} />);
  await userEvent.setup().click(screen.getByRole("button", { name: "Details of change 7" }));
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const readable: string[] = [];
  while (words.nextNode()) {
    const { data, parentElement } = words.currentNode as Text;
    if (data.includes("@") && !parentElement?.closest(".email")) readable.push(data);
  }
  expect(readable).toEqual([]);
  expect(document.querySelectorAll(".email")).toHaveLength(5);
});

test("the address says what the gateway is asked", () => {
  const now = Date.parse("2026-05-02T12:00:00Z");
  const search = activitySearch({ actor: "ada", period: "24h", from: "2020-01-01T00:00:00Z", action: "" });
  expect(toActivityQuery(search, now)).toEqual({ actor: "ada", since: "2026-05-01T12:00:00.000Z" });
  const range = activitySearch({ from: "2026-05-01T00:00:00Z", to: "2026-05-02T00:00:00Z" });
  expect(toActivityQuery(range, now)).toEqual({
    since: "2026-05-01T00:00:00Z",
    until: "2026-05-02T00:00:00Z",
  });
});
