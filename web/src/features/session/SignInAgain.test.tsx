import { QueryClientProvider } from "@tanstack/react-query";
import {
  createMemoryHistory,
  createRootRoute,
  createRoute,
  createRouter,
  RouterProvider,
} from "@tanstack/react-router";
import { act, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { chooseTenant, chosenTenant } from "@/api/tenant";
import type { Session } from "@/api/types";
import { createQueryClient } from "@/hooks/queryClient";
import { useAgents } from "@/hooks/useAgents";
import { session, sessionUser, signInMethods } from "../../../tests/samples";
import { type Call, json, stubGateway } from "../../../tests/stubGateway";
import { Root } from "../shell/Root";

const ADA: Session = { ...session, user: sessionUser() };
const EVE: Session = { ...session, user: sessionUser({ id: "eve", email: "eve@example.com" }) };
const denied = () => json({ error: "a valid token is required", code: "unauthorized" }, 401);

function Page() {
  const agents = useAgents();
  const [text, setText] = useState("");
  return (
    <>
      <h1>Page</h1>
      <input aria-label="Draft" value={text} onChange={({ target }) => setText(target.value)} />
      <button type="button" onClick={() => void agents.refetch()}>
        Look again
      </button>
    </>
  );
}

interface Gateway {
  calls: Call[];
  /** Whose cookie the browser has. */
  now: Session | null;
}

/** The whole page with a gateway that answers whoever `now` is, and lets in whoever signs in as `next`. */
async function pageOf(first: Session, next: Session, methods = signInMethods()): Promise<Gateway> {
  const gateway: Gateway = { calls: [], now: first };
  const enter = () => {
    gateway.now = next;
    return json(next);
  };
  gateway.calls = stubGateway({
    "GET /v1/auth/session": () => (gateway.now ? json(gateway.now) : denied()),
    "GET /v1/auth/methods": () => json(methods),
    "GET /v1/agents": () => (gateway.now ? json({ agents: [] }) : denied()),
    "POST /v1/auth/sign-in": enter,
    "POST /v1/auth/session": enter,
  });
  const root = createRootRoute({ component: Root });
  const page = createRoute({ getParentRoute: () => root, path: "/", component: Page });
  const router = createRouter({ routeTree: root.addChildren([page]), history: createMemoryHistory() });
  render(
    <QueryClientProvider client={createQueryClient()}>
      <RouterProvider router={router as never} />
    </QueryClientProvider>,
  );
  await screen.findByLabelText("Draft");
  return gateway;
}

const sheet = () => screen.findByRole("dialog", { name: "Sign in again" });
const noSheet = () => waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
const looks = ({ calls }: Gateway) => calls.filter(({ route }) => route === "GET /v1/agents").length;

/** Something half written, and then the session ends. */
async function endsMidway(gateway: Gateway) {
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Draft"), "half");
  gateway.now = null;
  await user.click(screen.getByRole("button", { name: "Look again" }));
  await sheet();
  return user;
}

test("a session that ends leaves the page, and its person goes on after signing in over it", async () => {
  const gateway = await pageOf(ADA, ADA);
  chooseTenant("main");
  const user = await endsMidway(gateway);
  expect(await sheet()).toHaveAccessibleDescription(/Your session has ended.*ada@example.com/);
  expect(screen.getByLabelText("Draft")).toHaveValue("half");
  expect(await screen.findByLabelText("E-mail address")).toHaveValue("ada@example.com");
  await user.keyboard("{Escape}");
  await sheet();
  const before = looks(gateway);
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  await noSheet();
  expect(screen.getByLabelText("Draft")).toHaveValue("half");
  await waitFor(() => expect(looks(gateway)).toBe(before + 1));
  expect(gateway.calls.filter(({ route }) => route.startsWith("POST"))).toHaveLength(1);
  expect(chosenTenant()).toBe("main");
});

test("somebody else who signs in begins anew", async () => {
  const gateway = await pageOf(ADA, EVE);
  const user = await endsMidway(gateway);
  await user.clear(await screen.findByLabelText("E-mail address"));
  await user.type(screen.getByLabelText("E-mail address"), "eve@example.com");
  await user.type(screen.getByLabelText("Password"), "correct horse{Enter}");
  await noSheet();
  expect(await screen.findByLabelText("Draft")).toHaveValue("");
});

test("the page can be given up instead", async () => {
  const gateway = await pageOf(ADA, ADA);
  const user = await endsMidway(gateway);
  await user.click(screen.getByRole("button", { name: "Leave this page" }));
  expect(await screen.findByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  expect(screen.queryByLabelText("Draft")).toBeNull();
});

test("who came by the token comes by it again; an issuer is asked in a tab of its own", async () => {
  const oidc = [{ name: "corp", label: "Corp" }];
  const gateway = await pageOf(session, session, signInMethods({ oidc }));
  const user = await endsMidway(gateway);
  const link = await screen.findByRole("link", { name: "Sign in with Corp" });
  expect(link).toHaveAttribute("target", "_blank");
  expect(screen.getByText(/opens in a new tab/)).toBeVisible();
  await user.type(screen.getByLabelText("Gateway token"), "token{Enter}");
  await noSheet();
  expect(screen.getByLabelText("Draft")).toHaveValue("half");
});

test("a sign-in in another tab is enough, and so is signing out there", async () => {
  const gateway = await pageOf(ADA, ADA);
  await endsMidway(gateway);
  const other = new BroadcastChannel("gateway.session");
  gateway.now = ADA;
  act(() => other.postMessage("in"));
  await noSheet();
  expect(screen.getByLabelText("Draft")).toHaveValue("half");
  gateway.now = null;
  act(() => other.postMessage("out"));
  expect(await screen.findByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
  other.close();
});

test("somebody else who came in by another tab begins anew here as well", async () => {
  const gateway = await pageOf(ADA, ADA);
  const user = userEvent.setup();
  await user.type(screen.getByLabelText("Draft"), "half");
  gateway.now = EVE;
  const other = new BroadcastChannel("gateway.session");
  act(() => other.postMessage("in"));
  await waitFor(() => expect(screen.getByLabelText("Draft")).toHaveValue(""));
  other.close();
});
