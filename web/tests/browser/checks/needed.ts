import openapi from "../../../openapi.json";

type Operations = Record<string, { security?: { token?: string[] }[] } | undefined>;

const ROUTES = Object.entries(openapi.paths as unknown as Record<string, Operations>).map(
  ([path, operations]) => [new RegExp(`^${path.replace(/\{[^}]+\}/g, "[^/]+")}$`), operations] as const,
);

/** The permissions that a call takes, as the gateway's own document tells; none for what is one's own. */
export function needed(call: string): string[] {
  const [method = "", path = ""] = call.split(" ");
  const operation = ROUTES.find(([pattern]) => pattern.test(path))?.[1][method.toLowerCase()];
  if (!operation) throw new Error(`the gateway's document has no ${call}`);
  return operation.security?.flatMap(({ token = [] }) => token) ?? [];
}
