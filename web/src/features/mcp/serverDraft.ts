import type { McpServer, McpServerInput, McpTransport, McpViolation } from "@/api/loop";

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

const FIELDS = ["name", "command", "args", "env", "url", "headers", "timeout_seconds"] as const;
type FieldName = (typeof FIELDS)[number];

/** What is wrong, by field (`env.TOKEN` stands at `env`); the rest below the form. */
export function placeViolations(body: unknown) {
  const list = (body as { violations?: unknown } | null | undefined)?.violations;
  const found = (Array.isArray(list) ? list : []) as Partial<McpViolation>[];
  const at: Record<FieldName, string[]> = {
    name: [],
    command: [],
    args: [],
    env: [],
    url: [],
    headers: [],
    timeout_seconds: [],
  };
  const other: string[] = [];
  for (const { field = "", message } of found) {
    if (typeof message !== "string") continue;
    const name = FIELDS.find(
      (it) => field === it || field.startsWith(`${it}.`) || field.startsWith(`${it}[`),
    );
    if (name) at[name].push(field === name ? message : `${field}: ${message}`);
    else other.push(message);
  }
  return { at, other, any: found.length > 0 };
}
