import type { Snippet } from "../overview/snippetText";

/** The variable that all of them read the key from. */
export const VARIABLE = "GATEWAY_API_KEY";

/** A model that this key may ask for. */
export function modelOf(
  { models, agents }: { models: string[] | null; agents: string[] | null },
  example: string,
): string {
  if (models?.[0]) return models[0];
  return agents?.[0] ? `agent:${agents[0]}` : example;
}

/** Ready to paste: each starts with the line that hands the key over, which no program then holds. */
export function keySnippets(baseUrl: string, model: string, key: string): Snippet[] {
  const take = `export ${VARIABLE}="${key}"`;
  return [
    {
      id: "curl",
      label: "curl",
      code: `${take}

curl ${baseUrl}/chat/completions \\
  -H "Authorization: Bearer $${VARIABLE}" \\
  -H "Content-Type: application/json" \\
  -d '{"model": "${model}", "messages": [{"role": "user", "content": "Hello"}]}'`,
    },
    {
      id: "python",
      label: "OpenAI SDK (Python)",
      code: `# pip install openai; then: ${take}
import os
from openai import OpenAI

client = OpenAI(base_url="${baseUrl}", api_key=os.environ["${VARIABLE}"])

answer = client.chat.completions.create(
    model="${model}",
    messages=[{"role": "user", "content": "Hello"}],
)
print(answer.choices[0].message.content)`,
    },
    {
      id: "node",
      label: "OpenAI SDK (JavaScript)",
      code: `// npm install openai; then: ${take}
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: "${baseUrl}",
  apiKey: process.env.${VARIABLE},
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
      code: `# ~/.codex/config.toml; then: ${take} && codex
model = "${model}"
model_provider = "gateway"

[model_providers.gateway]
name = "gateway"
base_url = "${baseUrl}"
env_key = "${VARIABLE}"
wire_api = "responses"`,
    },
    {
      id: "other",
      label: "…",
      code: `${take}

# Most programs that speak OpenAI's API take these:
export OPENAI_BASE_URL="${baseUrl}"
export OPENAI_API_KEY="$${VARIABLE}"`,
    },
  ];
}
