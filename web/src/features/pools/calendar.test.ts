import { expect, test } from "vitest";
import { capacity, capacityWindow } from "../../../tests/insight";
import { calendarOf } from "./calendar";

const at = (day: number, hour: number) => new Date(2026, 4, day, hour);
const reset = (name: string, when: Date) => ({
  at: when.toISOString(),
  provider_name: name,
  returns_percent: 10,
});

test("each day has its resets in their order, whatever window they are of", () => {
  const days = calendarOf(
    capacity(
      capacityWindow({ resets: [reset("ada", at(1, 17)), reset("grace", at(1, 15))] }),
      capacityWindow({ kind: "weekly", resets: [reset("ada", at(3, 9)), reset("ada", at(9, 9))] }),
    ),
    ["ada", "grace"],
    at(1, 12).getTime(),
    7,
  );
  expect(days).toHaveLength(7);
  expect(days.map(({ resets }) => resets.map((it) => it.provider_name))).toEqual([
    ["grace", "ada"],
    [],
    ["ada"],
    [],
    [],
    [],
    [],
  ]);
  expect(days[2]?.resets[0]?.window.kind).toBe("weekly");
});

test("what is over, and other pools' accounts, are left out", () => {
  const resets = [reset("ada", at(1, 11)), reset("other", at(1, 13))];
  const days = calendarOf(capacity(capacityWindow({ resets })), ["ada"], at(1, 12).getTime(), 1);
  expect(days[0]?.resets).toEqual([]);
});
