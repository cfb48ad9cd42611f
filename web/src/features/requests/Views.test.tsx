import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { readStored } from "@/hooks/stored";
import { renderInApp } from "../../../tests/render";
import { Views } from "./Views";

test("filters are kept under a name, lead back to themselves, and can be forgotten", async () => {
  await renderInApp(<Views filters={{ outcome: "refused", account: "ada", request: "r1" }} />);
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Save as a view" }));
  await user.type(screen.getByLabelText("Name of the view"), "Ada’s");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const view = await screen.findByRole("link", { name: "Ada’s" });
  expect(view).toHaveAttribute("href", "/requests?outcome=refused&account=ada");
  expect(view).toHaveAttribute("aria-current", "true");
  expect(screen.queryByRole("button", { name: "Save as a view" })).toBeNull();
  expect(readStored("request-views")).toContain("refused");
  await user.click(screen.getByRole("button", { name: "Remove the view Ada’s" }));
  expect(screen.queryByRole("link", { name: "Ada’s" })).toBeNull();
});

test("the ready-made views need no name", async () => {
  await renderInApp(<Views filters={{ failover: true }} />);
  expect(screen.getByRole("link", { name: "Failovers" })).toHaveAttribute("aria-current", "true");
  expect(screen.queryByRole("button", { name: "Save as a view" })).toBeNull();
});
