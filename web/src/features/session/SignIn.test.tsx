import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { renderInApp } from "../../../tests/render";
import { session } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { SignIn } from "./SignIn";

test("a wrong token is said in place, and nothing is kept in the browser", async () => {
  const calls = stubGateway({
    "POST /v1/auth/session": () => json({ error: "invalid token", code: "invalid_token" }, 401),
  });
  await renderInApp(<SignIn />);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Gateway token"), " secret {Enter}");
  expect(await screen.findByText("This token is not valid.")).toBeVisible();
  expect(calls[0]?.body).toEqual({ token: "secret" });
  expect(calls[0]?.headers.get("x-gateway-csrf")).toBe("1");
  expect(JSON.stringify({ ...localStorage, ...sessionStorage })).not.toContain("secret");
});

test("an empty token cannot be sent", async () => {
  const calls = stubGateway({ "POST /v1/auth/session": () => json(session) });
  await renderInApp(<SignIn />);
  expect(screen.getByRole("button", { name: "Sign in" })).toBeDisabled();
  await userEvent.setup().type(screen.getByLabelText("Gateway token"), "   {Enter}");
  expect(calls).toEqual([]);
});
