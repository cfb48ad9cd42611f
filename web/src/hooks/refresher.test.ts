import { QueryClient } from "@tanstack/react-query";
import { afterEach, expect, test, vi } from "vitest";
import { createRefresher } from "./refresher";

afterEach(() => {
  vi.useRealTimers();
});

test("a list of which more than the first page is open is not moved under the reader", () => {
  vi.useFakeTimers();
  const queries = new QueryClient();
  const stale = (key: string) => queries.getQueryState(["list", key])?.isInvalidated;
  queries.setQueryData(["list", "short"], { pages: [1] });
  queries.setQueryData(["list", "long"], { pages: [1, 2] });
  createRefresher(queries).add([["list"]]);
  vi.advanceTimersByTime(2_000);
  expect([stale("short"), stale("long")]).toEqual([true, false]);
});
