import { fireEvent } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { addShortcuts, type Shortcut, shortcuts } from "./shortcuts";

let stop = () => {};

function use(named: Partial<Shortcut>[]) {
  stop = addShortcuts(named.map((it) => ({ keys: "x", label: "", group: "list", run: () => {}, ...it })));
}

const press = (key: string, more: object = {}, target: Element = document.body) =>
  fireEvent.keyDown(target, { key, ...more });

afterEach(() => {
  stop();
  vi.useRealTimers();
  document.body.innerHTML = "";
});

test("two keys after each other do what they are for, unless the second takes too long", () => {
  vi.useFakeTimers();
  const run = vi.fn();
  use([{ keys: "g o", run }]);
  press("g");
  press("o");
  expect(run).toHaveBeenCalledOnce();
  press("g");
  vi.advanceTimersByTime(2_000);
  press("o");
  press("g");
  press("x");
  press("o");
  expect(run).toHaveBeenCalledOnce();
});

test("nothing happens while something is typed, but for what takes Ctrl or ⌘", () => {
  const plain = vi.fn();
  const chord = vi.fn();
  use([
    { keys: "j", run: plain },
    { keys: "mod+k", run: chord },
  ]);
  document.body.innerHTML =
    '<input><textarea></textarea><select></select><p contenteditable="true"></p><input type="checkbox">';
  for (const field of document.querySelectorAll("input:not([type]), textarea, select, p"))
    press("j", {}, field);
  expect(plain).not.toHaveBeenCalled();
  press("k", { ctrlKey: true }, document.querySelector("input") as Element);
  press("k", { metaKey: true });
  expect(chord).toHaveBeenCalledTimes(2);
  press("j", {}, document.querySelector('[type="checkbox"]') as Element);
  expect(plain).toHaveBeenCalledOnce();
});

test("what is behind a window hears nothing", () => {
  const run = vi.fn();
  use([{ keys: "j", run }]);
  document.body.innerHTML = '<div role="dialog"></div>';
  press("j");
  expect(run).not.toHaveBeenCalled();
});

test("of two for the same keys the one that applies is taken, the later first", () => {
  const told: string[] = [];
  let applies = true;
  use([
    { keys: "j", run: () => told.push("first") },
    { keys: "j", when: () => applies, run: () => told.push("second") },
  ]);
  press("j");
  applies = false;
  press("j");
  expect(told).toEqual(["second", "first"]);
});

test("what is gone from the page is gone from the list", () => {
  use([{ keys: "j" }, { keys: "k" }]);
  expect(shortcuts.get()).toHaveLength(2);
  stop();
  expect(shortcuts.get()).toEqual([]);
});
