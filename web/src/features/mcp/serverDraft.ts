import type { McpServer, McpServerInput, McpTransport } from "@/api/loop";

/** A named secret; `kept` stands for the value that is stored and never shown. */
export interface Secret {
  id: number;
  name: string;
  value: string;
  kept: boolean;
}

export interface ServerDraft {
  name: string;
  transport: McpTransport;
  command: string;
  /** One a line. */
  args: string;
  env: Secret[];
  url: string;
  headers: Secret[];
  timeout: string;
  enabled: boolean;
}

const KEPT = "***";

let count = 0;

export function newSecret(name = "", kept = false): Secret {
  count += 1;
  return { id: count, name, value: "", kept };
}

const secretsOf = (values: Record<string, string> | null | undefined) =>
  Object.keys(values ?? {}).map((name) => newSecret(name, true));

/** A new one runs a program, where that is allowed. */
export function serverDraftOf(server: McpServer | null, programs = true): ServerDraft {
  return {
    name: server?.name ?? "",
    transport: server?.transport ?? (programs ? "stdio" : "streamable_http"),
    command: server?.command ?? "",
    args: (server?.args ?? []).join("\n"),
    env: secretsOf(server?.env),
    url: server?.url ?? "",
    headers: secretsOf(server?.headers),
    timeout: server?.timeout_seconds?.toString() ?? "",
    enabled: server?.enabled ?? true,
  };
}

function toSecrets(secrets: readonly Secret[]): Record<string, string> {
  const named = secrets.filter(({ name }) => name.trim() !== "");
  return Object.fromEntries(
    named.map(({ name, value, kept }) => [name.trim(), kept && value === "" ? KEPT : value]),
  );
}

export function toServerInput(draft: ServerDraft): McpServerInput {
  const { transport, enabled } = draft;
  const way =
    transport === "stdio"
      ? {
          command: draft.command.trim(),
          args: draft.args.split("\n").filter((it) => it !== ""),
          env: toSecrets(draft.env),
        }
      : { url: draft.url.trim(), headers: toSecrets(draft.headers) };
  const timeout = draft.timeout.trim() && { timeout_seconds: Number(draft.timeout) };
  return { name: draft.name.trim(), transport, enabled, ...way, ...(timeout || {}) };
}

/** The fields of the form that the gateway may find wrong. */
export const FIELDS = ["name", "command", "args", "env", "url", "headers", "timeout_seconds"] as const;
export type FieldName = (typeof FIELDS)[number];
