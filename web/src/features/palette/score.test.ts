import { expect, test } from "vitest";
import { score } from "./score";

test("every word that is typed has to be there, and counts most where a word starts", () => {
  const agent = ["Make an agent"];
  expect(score("", "make ag", agent)).toBeGreaterThan(score("", "gent", agent));
  expect(score("", "make pool", agent)).toBe(0);
  expect(score("", "dark", ["Dark", "Theme"])).toBeGreaterThan(score("", "dark", ["Theme", "Dark"]));
  expect(score("", "", agent)).toBe(1);
});
