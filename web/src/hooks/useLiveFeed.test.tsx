import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeEventSource } from "../../tests/fakeEvents";
import { keys } from "./keys";
import { live } from "./live";
import { useLiveFeed } from "./useLiveFeed";

const queries = new QueryClient();
let visibility: DocumentVisibilityState;

function wrapper({ children }: { children: ReactNode }) {
  return <QueryClientProvider client={queries}>{children}</QueryClientProvider>;
}

function show(state: DocumentVisibilityState) {
  visibility = state;
  act(() => void document.dispatchEvent(new Event("visibilitychange")));
}

/** What was made to be read again since the last look. */
function lookedAgain(invalidate: { mock: { calls: unknown[][] } }): unknown[] {
  act(() => void vi.advanceTimersByTime(2_000));
  return invalidate.mock.calls.splice(0).map(([filter]) => (filter as { queryKey: unknown }).queryKey);
}

const watch = () => vi.spyOn(queries, "invalidateQueries").mockResolvedValue();

beforeEach(() => {
  visibility = "visible";
  vi.spyOn(document, "visibilityState", "get").mockImplementation(() => visibility);
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("many requests at once make the page look once", () => {
  const invalidate = watch();
  renderHook(useLiveFeed, { wrapper });
  act(() => FakeEventSource.last.opens());
  expect(live.get()).toBe("live");
  expect(lookedAgain(invalidate)).toEqual([]);
  act(() => {
    for (let n = 0; n < 20; n += 1) FakeEventSource.last.tells("request.finished", { id: n });
  });
  expect(lookedAgain(invalidate)).toEqual([keys.overview, keys.poolActivity, keys.requests]);
});

test("a reset reads everything anew", () => {
  const invalidate = watch();
  renderHook(useLiveFeed, { wrapper });
  act(() => FakeEventSource.last.opens());
  act(() => FakeEventSource.last.tells("reset", {}));
  expect(lookedAgain(invalidate)).toContain(keys.quota);
});

test("a broken connection is left to the browser, a refused one is tried again and then read anew", () => {
  const invalidate = watch();
  renderHook(useLiveFeed, { wrapper });
  act(() => FakeEventSource.last.opens());
  act(() => FakeEventSource.last.breaks({ final: false }));
  expect(live.get()).toBe("lost");
  act(() => void vi.advanceTimersByTime(60_000));
  expect(FakeEventSource.all).toHaveLength(1);
  invalidate.mockClear();

  act(() => FakeEventSource.last.breaks({ final: true }));
  expect(lookedAgain(invalidate)).toEqual([keys.session]);
  expect(FakeEventSource.all).toHaveLength(2);
  act(() => FakeEventSource.last.opens());
  expect(live.get()).toBe("live");
  expect(lookedAgain(invalidate)).toContain(keys.providers);
});

test("a hidden page lets go of its connection, and reads everything anew when it is back", () => {
  const invalidate = watch();
  const { unmount } = renderHook(useLiveFeed, { wrapper });
  act(() => FakeEventSource.last.opens());
  show("hidden");
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED);
  expect(lookedAgain(invalidate)).toEqual([]);
  show("visible");
  expect(FakeEventSource.all).toHaveLength(2);
  act(() => FakeEventSource.last.opens());
  expect(lookedAgain(invalidate)).toContain(keys.requests);
  unmount();
  expect(FakeEventSource.last.readyState).toBe(FakeEventSource.CLOSED);
});
