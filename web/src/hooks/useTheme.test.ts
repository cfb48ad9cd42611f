import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { setTheme, useTheme } from "./useTheme";

test("a chosen theme is painted at once and remembered in this browser", () => {
  const { result } = renderHook(useTheme);
  act(() => setTheme("dark"));
  expect(result.current).toBe("dark");
  expect(document.documentElement.dataset.theme).toBe("dark");
  expect(localStorage.getItem("gateway.theme")).toBe("dark");
  act(() => setTheme("light"));
  expect(document.documentElement.dataset.theme).toBe("light");
});

test("high contrast is a choice of its own, and paper is always light", () => {
  setTheme("contrast");
  expect(document.documentElement.dataset.contrast).toBe("more");
  window.dispatchEvent(new Event("beforeprint"));
  expect(document.documentElement.dataset).not.toHaveProperty("contrast");
  window.dispatchEvent(new Event("afterprint"));
  expect(document.documentElement.dataset.contrast).toBe("more");
  setTheme("light");
  expect(document.documentElement.dataset).not.toHaveProperty("contrast");
});
