import { act, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { HOLD_MS, HoldButton } from "./HoldButton";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function show() {
  const onConfirm = vi.fn();
  render(<HoldButton onConfirm={onConfirm}>Revoke</HoldButton>);
  return { onConfirm, button: screen.getByRole("button", { name: "Revoke" }) };
}

const wait = (ms: number) => act(() => vi.advanceTimersByTime(ms));

test("it has to be held for long enough, with the pointer or a key", () => {
  const { onConfirm, button } = show();
  fireEvent.pointerDown(button, { button: 0 });
  wait(HOLD_MS - 1);
  fireEvent.pointerUp(button);
  fireEvent.click(button);
  wait(HOLD_MS);
  expect(onConfirm).not.toHaveBeenCalled();
  fireEvent.keyDown(button, { key: "Enter" });
  wait(HOLD_MS);
  expect(onConfirm).toHaveBeenCalledOnce();
});

test("where nothing can be held, a second press does it", () => {
  const { onConfirm, button } = show();
  fireEvent.click(button);
  expect(screen.getByRole("status")).toHaveTextContent("Press again to confirm");
  expect(onConfirm).not.toHaveBeenCalled();
  fireEvent.click(button);
  expect(onConfirm).toHaveBeenCalledOnce();
});
