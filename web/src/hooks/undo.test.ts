import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { toasts } from "./toasts";
import { UNDO_MS, useDoomed, useUndo } from "./undo";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  toasts.set([]);
});

function begin(run = vi.fn(() => Promise.resolve())) {
  const { result } = renderHook(() => ({ undo: useUndo(), gone: useDoomed() }));
  act(() => result.current.undo({ id: "agent x", text: "gone", run }));
  return { run, result };
}

test("what is deleted is gone from the page at once, and the gateway is told when nobody undid it", async () => {
  const { run, result } = begin();
  expect(result.current.gone.has("agent x")).toBe(true);
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS - 1));
  expect(run).not.toHaveBeenCalled();
  await act(() => vi.advanceTimersByTimeAsync(1));
  expect(run).toHaveBeenCalledOnce();
  expect(toasts.get()).toEqual([]);
});

test("undone, it is back, and the gateway never hears of it", async () => {
  const { run, result } = begin();
  act(() => toasts.get()[0]?.action?.run());
  expect(result.current.gone.size).toBe(0);
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS * 2));
  expect(run).not.toHaveBeenCalled();
});

test("a refusal brings it back and says why", async () => {
  const { result } = begin(vi.fn(() => Promise.reject(new Error("in use"))));
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS));
  expect(result.current.gone.size).toBe(0);
  expect(toasts.get()[0]?.text).toContain("in use");
});

test("when the page goes, the gateway is told at once", async () => {
  const { run } = begin();
  window.dispatchEvent(new Event("pagehide"));
  expect(run).toHaveBeenCalledOnce();
  await act(() => vi.advanceTimersByTimeAsync(UNDO_MS));
  expect(run).toHaveBeenCalledOnce();
});
