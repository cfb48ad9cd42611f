import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { renderInApp } from "../../../tests/render";
import { mcpServer } from "../../../tests/samples";
import { json, stubGateway } from "../../../tests/stubGateway";
import { ServerForm } from "./ServerForm";
import { ServerTable } from "./ServerTable";

test("a program is added with its arguments and secrets, and what is wrong stands at its field", async () => {
  let refuse = true;
  const violations = [{ field: "command", message: "there is no program npx" }];
  const calls = stubGateway({
    "POST /v1/mcp/servers": () =>
      refuse
        ? json({ error: "a value is wrong", code: "invalid_mcp_server", violations }, 400)
        : json(mcpServer(), 201),
  });
  const onClose = vi.fn();
  await renderInApp(<ServerForm server={null} taken={["taken"]} onClose={onClose} />);
  const user = userEvent.setup();
  expect(screen.getByText(/runs a program on the gateway’s machine/)).toBeVisible();
  await user.type(screen.getByLabelText("Name"), "taken");
  await user.type(screen.getByLabelText("Program"), "npx");
  expect(screen.getByText("This name is already taken.")).toBeVisible();
  await user.clear(screen.getByLabelText("Name"));
  await user.type(screen.getByLabelText("Name"), "files");
  await user.type(screen.getByLabelText("Arguments"), "-y{Enter}server files");
  await user.click(screen.getByRole("button", { name: "Add a value" }));
  await user.type(screen.getByLabelText("Name 1"), "TOKEN");
  await user.type(screen.getByLabelText("Value 1"), "s3cret");
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("there is no program npx")).toBeVisible();
  expect(screen.getByLabelText("Program")).toHaveAttribute("aria-invalid", "true");
  refuse = false;
  await user.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls.find(({ route }) => route.startsWith("POST"))?.body).toEqual({
    name: "files",
    transport: "stdio",
    enabled: true,
    command: "npx",
    args: ["-y", "server files"],
    env: { TOKEN: "s3cret" },
  });
});

test("a stored secret is not shown, and stays when nothing else is written", async () => {
  const server = mcpServer({
    transport: "streamable_http",
    url: "https://example.com/mcp",
    command: null,
    env: null,
    headers: { Authorization: "***" },
  });
  const calls = stubGateway({ "PUT /v1/mcp/servers/m1": () => json(server) });
  const onClose = vi.fn();
  await renderInApp(<ServerForm server={server} taken={["files"]} onClose={onClose} />);
  expect(screen.getByLabelText("Value 1")).toHaveValue("");
  expect(screen.queryByText(/runs a program/)).toBeNull();
  await userEvent.setup().click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(onClose).toHaveBeenCalledOnce());
  expect(calls[0]?.body).toMatchObject({
    url: "https://example.com/mcp",
    headers: { Authorization: "***" },
    timeout_seconds: 60,
  });
});

test("a server that failed says why and can be connected again; an operator may not", async () => {
  const failed = mcpServer({
    tools: [],
    status: { state: "failed", error: "exit code 1", since: "2026-05-01T12:00:00Z", tool_count: 0 },
  });
  const calls = stubGateway({ "POST /v1/mcp/servers/m1/reconnect": () => json({}) });
  await renderInApp(<ServerTable rows={[failed]} onEdit={() => {}} onDelete={() => {}} />, "admin");
  expect(screen.getByText("Failed")).toBeVisible();
  expect(screen.getByText("Last error: exit code 1")).toBeVisible();
  const button = screen.getByRole("button", { name: "Connect again: files" });
  await userEvent.setup().click(button);
  await waitFor(() => expect(calls).toHaveLength(1));
});

test("an operator sees the servers with their tools, and is told who may change them", async () => {
  const [onEdit, onDelete] = [vi.fn(), vi.fn()];
  await renderInApp(<ServerTable rows={[mcpServer()]} onEdit={onEdit} onDelete={onDelete} />, "operator");
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Tools of files" }));
  expect(screen.getByText("Reads.")).toBeVisible();
  const reconnect = screen.getByRole("button", { name: "Connect again: files" });
  expect(reconnect).toHaveAttribute("title", expect.stringContaining("Only an administrator"));
  await user.click(screen.getByRole("button", { name: "More actions for files" }));
  expect(await screen.findByText(/Only an administrator/)).toBeVisible();
  expect(screen.queryByRole("menuitem", { name: "Delete" })).toBeNull();
  await user.click(screen.getByRole("menuitem", { name: "View" }));
  await waitFor(() => expect(onEdit).toHaveBeenCalledExactlyOnceWith(mcpServer()));
});

test("a server of the configuration file is changed there", async () => {
  const server = mcpServer({ id: null, managed_by: "file" });
  await renderInApp(<ServerTable rows={[server]} onEdit={() => {}} onDelete={() => {}} />);
  await userEvent.setup().click(screen.getByRole("button", { name: "More actions for files" }));
  expect(await screen.findByText(/comes from config.json/)).toBeVisible();
  expect(screen.queryByRole("menuitem", { name: "Delete" })).toBeNull();
});
