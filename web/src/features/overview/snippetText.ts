import type { Model } from "@/api/types";

/** A plain model name to show in examples: not an agent, not `<provider>/<model>`. */
export function exampleModel(models: readonly Model[] | undefined): string {
  return models?.find(({ id }) => !id.includes("/") && !id.startsWith("agent:"))?.id ?? "gpt-5";
}

export interface Snippet {
  id: string;
  label: string;
  code: string;
}

/** Ready to paste. The token never stands in them: it comes from the environment. */
export function snippets(baseUrl: string, model: string): Snippet[] {
  return [
    {
      id: "curl",
      label: "curl",
      code: `export GATEWAY_TOKEN="$(gateway token)"

curl ${baseUrl}/chat/completions \\
  -H "Authorization: Bearer $GATEWAY_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    },
    {
      id: "python",
      label: "OpenAI SDK (Python)",
      code: `import os
from openai import OpenAI

client = OpenAI(base_url="${baseUrl}", api_key=os.environ["GATEWAY_TOKEN"])

answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: "node",
      label: "OpenAI SDK (Node)",
      code: `import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${baseUrl}",
  apiKey: process.env.GATEWAY_TOKEN,
});

const answer = await client.chat.completions.create({
  model: "${model}",
  messages: [{ role: "user", content: "Hello" }],
});
console.log(answer.choices[0].message.content);`,
    },
    {
      id: "codex",
      label: "Codex CLI",
      code: `# ~/.codex/config.toml; then: export GATEWAY_TOKEN="$(gateway token)" && codex
model = "${model}"
model_provider = "gateway"

[model_providers.gateway]
name = "gateway"
base_url = "${baseUrl}"
env_key = "GATEWAY_TOKEN"
wire_api = "responses"`,
    },
  ];
}
