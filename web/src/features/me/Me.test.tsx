import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { me } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { HeldKeyPage } from "./HeldKeyPage";
import { barsOf } from "./usage";

test("who holds a key sees its use with the key alone, which leaves with the tab", async () => {
  const calls = stubGateway({
    "GET /v1/me": ({ headers }) =>
      headers.get("authorization") === "Bearer gw_good"
        ? json(me())
        : json({ error: "no", code: "unauthorized" }, 401),
  });
  await renderInApp(<HeldKeyPage />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("API key"), "gw_bad{Enter}");
  expect(await screen.findByText(/This key does not work/)).toBeVisible();
  await user.clear(screen.getByLabelText("API key"));
  await user.type(screen.getByLabelText("API key"), " gw_good {Enter}");
  expect(await screen.findByText("250 of 1,000 used")).toBeVisible();
  expect(screen.getByText("4 in 2 days")).toBeVisible();
  expect(screen.getByText(/resets in/)).toBeVisible();
  expect(JSON.stringify({ ...localStorage })).not.toContain("gw_good");
  expect(new Set(calls.map(({ route }) => route))).toEqual(new Set(["GET /v1/me"]));
  await user.click(screen.getByRole("button", { name: "Forget the key" }));
  expect(screen.getByLabelText("API key")).toHaveValue("");
  expect(JSON.stringify({ ...sessionStorage })).not.toContain("gw_good");
});

test("bars are as high as their share of the highest day", () => {
  const days = [
    { day: "2026-05-01", requests: 1, tokens: 0 },
    { day: "2026-05-02", requests: 4, tokens: 0 },
  ];
  expect(barsOf(days, "requests").map(({ share }) => share)).toEqual([0.25, 1]);
  expect(barsOf(days, "tokens").map(({ share }) => share)).toEqual([0, 0]);
});
