import type { Trace } from "@/api/types";

/** For a shell: between single quotes, which only a single quote ends. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The call again, ready for a terminal. What was asked is not on record and no key ever is: the one is an example,
 * the other comes from the environment.
 */
export function curlOf(
  { endpoint, model, agent_key }: Pick<Trace, "endpoint" | "model" | "agent_key">,
  baseUrl: string,
): string {
  const calls: Record<Trace["endpoint"], [path: string, body: object]> = {
    responses: ["responses", { model, input: "Hello" }],
    chat_completions: ["chat/completions", { model, messages: [{ role: "user", content: "Hello" }] }],
    runs: [`agents/${encodeURIComponent(agent_key ?? model)}/runs`, { message: "Hello" }],
  };
  const [path, body] = calls[endpoint];
  return `curl ${quoted(`${baseUrl}/${path}`)} \\
  -H "Authorization: Bearer $GATEWAY_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d ${quoted(JSON.stringify(body))}`;
}
