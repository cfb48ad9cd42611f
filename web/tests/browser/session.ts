export function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the browser tests need a running \`gateway demo\``);
  return value.replace(/\/$/, "");
}

/** One for each worker, as the environment has them with spaces between. */
export const GATEWAY_URLS = environment("GATEWAY_URL").split(" ");
const SIMULATOR_URLS = environment("SIMULATOR_URL").split(" ");
/** From 0; also outside of a worker. */
const worker = Number(process.env.VITEST_POOL_ID ?? 1) - 1;
export const GATEWAY_URL = GATEWAY_URLS[worker] ?? "";
export const SIMULATOR_URL = SIMULATOR_URLS[worker] ?? "";
export const TOKEN = environment("GATEWAY_TOKEN");

export interface Cookie {
  name: string;
  value: string;
  url: string;
}

async function cookiesOf(url: string, path: string, body: unknown): Promise<Cookie[]> {
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-gateway-csrf": "1" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return answer.headers.getSetCookie().map((line) => {
    const [pair = ""] = line.split(";");
    const at = pair.indexOf("=");
    return { name: pair.slice(0, at), value: pair.slice(at + 1), url };
  });
}

/** A session of the gateway's token. */
export function enter(url: string): Promise<Cookie[]> {
  return cookiesOf(url, "/v1/auth/session", { token: TOKEN });
}

/** A session of a person. */
export function enterAs(email: string, password: string): Promise<Cookie[]> {
  return cookiesOf(GATEWAY_URL, "/v1/auth/sign-in", { email, password });
}
