export function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the browser tests need a running \`gateway demo\``);
  return value.replace(/\/$/, "");
}

export const GATEWAY_URL = environment("GATEWAY_URL");
export const SIMULATOR_URL = environment("SIMULATOR_URL");
export const TOKEN = environment("GATEWAY_TOKEN");

export interface Cookie {
  name: string;
  value: string;
  url: string;
}

async function cookiesOf(path: string, body: unknown): Promise<Cookie[]> {
  const answer = await fetch(`${GATEWAY_URL}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-gateway-csrf": "1" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.headers.getSetCookie().map((line) => {
    const [pair = ""] = line.split(";");
    const at = pair.indexOf("=");
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url: GATEWAY_URL };
  });
}

/** A session of the gateway's token. */
export function enter(): Promise<Cookie[]> {
  return cookiesOf("/v1/auth/session", { token: TOKEN });
}

/** A session of a person. */
export function enterAs(email: string, password: string): Promise<Cookie[]> {
  return cookiesOf("/v1/auth/sign-in", { email, password });
}
