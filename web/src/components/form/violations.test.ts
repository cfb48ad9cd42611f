import { expect, test } from "vitest";
import { toApiError } from "@/api/errors";
import { placeViolations } from "./violations";

const words = (error: unknown) => `in words: ${(error as Error).message}`;
const refused = (violations: unknown) => toApiError(422, { error: "wrong", code: "invalid", violations });

test("what is wrong stands at its field, a part of it with its place, the rest below the form", () => {
  const error = refused(
    [
      { field: "name", message: "too long" },
      { field: "env.TOKEN", message: "empty" },
      { field: "limits[1].amount", message: "negative" },
      { field: "names", message: "unknown" },
      { message: "too many" },
      "nonsense",
      null,
    ].filter((it) => it !== null),
  );
  const placed = placeViolations(error, ["name", "env", "limits"], words);
  expect(placed.at).toEqual({
    name: ["too long"],
    env: ["env.TOKEN: empty"],
    limits: ["limits[1].amount: negative"],
  });
  expect(placed.other).toEqual(["names: unknown", "too many"]);
});

test("an error without a list places nothing", () => {
  for (const error of [null, new Error("x"), toApiError(500, null), refused("none")])
    expect(placeViolations(error, ["name"], words).any).toBe(false);
});

test("a refusal without a list stands at the field that its code is about, if the form has it", () => {
  const taken = toApiError(409, { error: "taken", code: "name_taken" });
  expect(placeViolations(taken, ["display_name", "name"], words)).toEqual({
    at: { display_name: [], name: ["in words: taken"] },
    other: [],
    any: true,
  });
  expect(placeViolations(taken, ["email"], words).any).toBe(false);
  const wrong = toApiError(400, { error: "wrong", code: "wrong_password" });
  expect(placeViolations(wrong, ["password", "code"], words).at.password).toEqual(["in words: wrong"]);
});
