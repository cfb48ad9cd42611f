import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { FirstSteps } from "./FirstSteps";

const NONE = {
  account_connected: false,
  models_loaded: false,
  first_request_served: false,
  agent_created: false,
};
const ALL = { account_connected: true, models_loaded: true, first_request_served: true, agent_created: true };

test("the first step that is not done says where to do it", async () => {
  await renderInApp(<FirstSteps checklist={{ ...NONE, account_connected: true, models_loaded: true }} />);
  expect(screen.getByText("2 of 4")).toBeVisible();
  expect(screen.getAllByText("Done:")).toHaveLength(2);
  expect(screen.getAllByRole("link").map((link) => link.textContent)).toEqual(["Open the chat"]);
});

test("the list is gone when everything is done", async () => {
  await renderInApp(<FirstSteps checklist={ALL} />);
  expect(screen.queryByText("First steps")).toBeNull();
  expect(screen.queryByRole("list")).toBeNull();
});
