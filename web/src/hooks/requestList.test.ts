import { expect, test } from "vitest";
import { trace } from "../../tests/samples";
import { heldBack, type RequestList, rowsOf, withNewest } from "./requestList";

const at = (minute: number) =>
  trace({ id: `r${minute}`, started_at: new Date(Date.UTC(2026, 4, 1, 12, minute)).toISOString() });
const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);
const list = (...pages: number[][]): RequestList => ({
  pages: pages.map((page) => ({ requests: page.map(at), next_cursor: "more" })),
  pageParams: pages.map(() => null),
});

test("what is new comes first, what ended late stands where it began, and nothing stands twice", () => {
  const newest = { requests: [at(9), at(6), at(5)], next_cursor: null, joined: true };
  const grown = withNewest(list([7, 5], [3]), newest);
  expect(ids(rowsOf(grown))).toEqual(["r9", "r7", "r6", "r5", "r3"]);
  expect(grown.pages[0]?.next_cursor).toBe("more");
});

test("a list that nothing is new to is the same list", () => {
  const old = list([7, 5]);
  expect(withNewest(old, { requests: [at(7)], next_cursor: "x", joined: true })).toBe(old);
});

test("where something between is missing, the list starts anew", () => {
  const grown = withNewest(list([7, 5], [3]), { requests: [at(59)], next_cursor: "x", joined: false });
  expect(grown).toEqual({
    pages: [{ requests: [at(59)], next_cursor: "x" }],
    pageParams: [null],
  });
});

test("who holds the list sees what they saw and what is older, and how many wait", () => {
  const { shown, waiting } = heldBack([at(9), at(8), at(7), at(5), at(3)], [at(7), at(5)]);
  expect(ids(shown)).toEqual(["r7", "r5", "r3"]);
  expect(waiting).toBe(2);
  expect(heldBack([at(1)], [])).toEqual({ shown: [], waiting: 1 });
});
