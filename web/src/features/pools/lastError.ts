/** The code and the text of an account's newest failure, as the gateway joins them. */
export function splitError(text: string): { code: string | null; message: string } {
  const found = /^([a-z0-9_]+)(?::\s*(.*))?$/s.exec(text);
  return found ? { code: found[1] ?? null, message: found[2] ?? "" } : { code: null, message: text };
}
