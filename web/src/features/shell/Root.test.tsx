import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { session } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { Root } from "./Root";

const denied = () => json({ error: "signed out", code: "unauthorized" }, 401);

test("signed out, the sign-in stands in the page's place; signing in shows the page, signing out hides it", async () => {
  stubGateway({
    "GET /v1/auth/session": denied,
    "POST /v1/auth/session": () => json(session),
    "DELETE /v1/auth/session": () => new Response(null, { status: 204 }),
  });
  await renderInApp(<Root />);
  const user = userEvent.setup();
  await user.type(await screen.findByLabelText("Gateway token"), "token{Enter}");
  expect(await screen.findAllByRole("link", { name: "Overview" })).not.toEqual([]);
  expect(screen.getAllByText("DEMO")).not.toEqual([]);
  await user.click(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByLabelText("Gateway token")).toBeVisible();
});

test("who may use no tenant any more is told so, and can sign out", async () => {
  const refused = () => json({ error: "no", code: "no_access" }, 403);
  let answer: () => Response = refused;
  stubGateway({
    "GET /v1/auth/session": () => answer(),
    "DELETE /v1/auth/session": () => new Response(null, { status: 204 }),
  });
  await renderInApp(<Root />);
  expect(await screen.findByText(/This account may not use any tenant/)).toBeVisible();
  answer = denied;
  await userEvent.setup().click(screen.getByRole("button", { name: "Sign out" }));
  expect(await screen.findByLabelText("Gateway token")).toBeVisible();
});

test("a gateway that does not answer is said, and trying again works", async () => {
  let up = false;
  stubGateway({
    "GET /v1/auth/session": () => (up ? json(session) : Promise.reject(new TypeError("Failed to fetch"))),
  });
  await renderInApp(<Root />);
  await screen.findByText("The gateway could not be reached.", undefined, { timeout: 4000 });
  up = true;
  await userEvent.setup().click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.getAllByRole("link", { name: "Overview" })).not.toEqual([]));
});
