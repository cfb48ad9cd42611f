import { expect, test } from "vitest";
import { fromLocalInput, toLocalInput } from "./localTime";

test("an instant survives the way through the input, to the minute", () => {
  const iso = "2026-05-01T12:34:00.000Z";
  expect(fromLocalInput(toLocalInput(iso))).toBe(iso);
});

test("an empty or half typed input is no instant", () => {
  expect(toLocalInput(undefined)).toBe("");
  expect(fromLocalInput("")).toBeUndefined();
  expect(fromLocalInput("2026-0")).toBeUndefined();
});
