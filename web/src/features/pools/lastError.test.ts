import { expect, test } from "vitest";
import { splitError } from "./lastError";

test("a failure's code is told from its text, and either may be missing", () => {
  expect(splitError("usage_limit_reached: The limit: reached.")).toEqual({
    code: "usage_limit_reached",
    message: "The limit: reached.",
  });
  expect(splitError("timeout")).toEqual({ code: "timeout", message: "" });
  expect(splitError("It broke off.")).toEqual({ code: null, message: "It broke off." });
});
