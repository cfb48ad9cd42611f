import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test, vi } from "vitest";
import { toasts } from "@/hooks/toasts";
import { renderInApp } from "../../../tests/render";
import { conversation } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { SessionPanel } from "./SessionPanel";

function Page({ onGone }: { onGone: (id: string) => void }) {
  const [q, setQ] = useState("");
  return <SessionPanel agent="reviewer" q={q} session="s1" onSearch={setQ} onGone={onGone} />;
}

test("conversations are found by their words, renamed and deleted", async () => {
  const onGone = vi.fn();
  const calls = stubGateway({
    "GET /v1/sessions": ({ query }) =>
      json({
        sessions: query.get("q")
          ? [conversation({ snippet: "a parser for dates" })]
          : [conversation(), conversation({ id: "s2", title: null, running_run_id: "u1" })],
      }),
    "PATCH /v1/sessions/s1": () => json(conversation()),
    "DELETE /v1/sessions/s1": () => new Response(null, { status: 204 }),
  });
  await renderInApp(<Page onGone={onGone} />);
  const user = userEvent.setup();
  expect(await screen.findByRole("link", { name: /About parsers/ })).toHaveAttribute("aria-current", "page");
  expect(screen.getByText("At work")).toBeVisible();
  await user.type(screen.getByLabelText("Search conversations"), "parser");
  const snippet = await screen.findByTestId("snippet");
  expect(snippet.querySelector("mark")).toHaveTextContent("parser");
  expect(calls.at(-1)?.query.get("agent")).toBe("reviewer");

  await user.click(screen.getByRole("button", { name: "More actions for About parsers" }));
  await user.click(await screen.findByRole("menuitem", { name: "Rename" }));
  await user.clear(await screen.findByLabelText("Name"));
  await user.type(screen.getByLabelText("Name"), "Dates{Enter}");
  await waitFor(() => expect(calls.some(({ route }) => route.startsWith("PATCH"))).toBe(true));
  expect(calls.find(({ route }) => route.startsWith("PATCH"))?.body).toEqual({ title: "Dates" });

  await user.click(screen.getByRole("button", { name: "More actions for About parsers" }));
  await user.click(await screen.findByRole("menuitem", { name: "Delete" }));
  await waitFor(() => expect(onGone).toHaveBeenCalledWith("s1"));
  // It is gone from the list at once, and the gateway is told when it can no longer be undone.
  expect(screen.queryByRole("button", { name: "More actions for About parsers" })).toBeNull();
  expect(calls.some(({ route }) => route.startsWith("DELETE"))).toBe(false);
  toasts.get()[0]?.action?.run();
  expect(await screen.findByRole("button", { name: "More actions for About parsers" })).toBeVisible();
});

test("a conversation is saved as a file", async () => {
  const calls = stubGateway({
    "GET /v1/sessions": () => json({ sessions: [conversation()] }),
    "GET /v1/sessions/s1/export": () => new Response("# About parsers"),
  });
  const click = vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(() => {});
  await renderInApp(<Page onGone={() => {}} />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "More actions for About parsers" }));
  await user.click(await screen.findByRole("menuitem", { name: "Export as Markdown" }));
  await waitFor(() => expect(click).toHaveBeenCalledOnce());
  expect((click.mock.contexts[0] as HTMLAnchorElement).download).toBe("About-parsers.md");
  expect(calls.at(-1)?.query.get("format")).toBe("markdown");
});
