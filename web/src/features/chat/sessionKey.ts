/** The name of a new conversation. `crypto.randomUUID` does not exist on plain http. */
export function newSessionKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `chat-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
