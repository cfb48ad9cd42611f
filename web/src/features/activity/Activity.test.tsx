import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
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
  await renderInApp(<EntryTable entries={[activityEntry()]} />);
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
